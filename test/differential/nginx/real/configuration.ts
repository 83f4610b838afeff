/** Locations as a configuration file of nginx: a server for each host, all before one upstream. */

import type { Choice, Condition, Location, Rewrite } from "#test/simulators/nginx/location.ts";

export interface Host {
  readonly name: string;
  readonly locations: readonly Location[];
}

/** The upstream learns by header which location of the host and which upstream was chosen. */
export const locationHeader = "x-location";
export const upstreamHeader = "x-upstream";

export interface Site {
  readonly directory: string;
  readonly port: number;
  readonly upstreamPort: number;
}

export function formatConfiguration(
  hosts: readonly Host[],
  { directory, port, upstreamPort }: Site,
): string {
  const parts = hosts.map((host, number) => formatHost(host, number, port));
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  server_names_hash_max_size 65536;
  variables_hash_max_size 65536;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  upstream echo { server 127.0.0.1:${upstreamPort}; }
  map $request_uri $path_on_the_wire { "~^(?P<path>[^?]*)(\\?.*)?$" $path; }
${parts.join("\n")}
}
`;
}

function formatHost({ name, locations }: Host, number: number, port: number): string {
  const maps = locations.flatMap(({ outcome }, place) =>
    outcome.kind === "choice" ? [formatMaps(outcome, `host_${number}_${place}`)] : [],
  );
  const blocks = locations.map((location, place) =>
    formatLocation(location, place, `host_${number}_${place}`),
  );
  // Without it nginx would look for a file; a location that takes all is in nobody's way.
  const takesAll = locations.some(
    ({ modifier, text }) => text === "/" && /^(\^~)?$/.test(modifier),
  );
  const rest = takesAll ? "" : "    location / { return 404; }\n";
  return `${maps.join("")}  server {
    listen 127.0.0.1:${port};
    server_name ${name};
${blocks.join("")}${rest}  }`;
}

function formatLocation(location: Location, place: number, variable: string): string {
  const { modifier, text, internal, rewrites = [], outcome } = location;
  const lines = [
    ...(internal === true ? ["internal;"] : []),
    ...rewrites.map(formatRewrite),
    ...(outcome.kind === "choice"
      ? [`rewrite ^ $${variable} last;`]
      : [
          `proxy_set_header ${locationHeader} ${place};`,
          `proxy_set_header ${upstreamHeader} ${outcome.upstream};`,
          `proxy_pass ${quote(`http://echo${uriOf(outcome.uri)}`)};`,
        ]),
  ];
  return `    location ${modifier} ${quote(text)} {\n${lines.map((line) => `      ${line}\n`).join("")}    }\n`;
}

function uriOf(uri: Extract<Location["outcome"], { readonly kind: "pass" }>["uri"]): string {
  if (typeof uri === "object") return uri.instead;
  return uri === "the client's" ? "$request_uri" : "";
}

function formatRewrite({ pattern, replacement, flag }: Rewrite): string {
  const text = typeof replacement === "string" ? quote(replacement) : "$path_on_the_wire";
  return `rewrite ${quote(pattern)} ${text} ${flag ?? ""};`;
}

/** A map for each condition, and one that takes all of them together, as F5's controller writes it. */
function formatMaps({ cases, otherwise }: Choice, variable: string): string {
  const all = cases.flatMap(({ conditions }, number) =>
    conditions.map((condition, place) => ({ condition, name: `${variable}_${number}_${place}` })),
  );
  const lines = cases.map(({ to }, number) => {
    const wanted = all.map(({ name }) => (name.startsWith(`${variable}_${number}_`) ? "1" : "."));
    return `    "~^${wanted.join("")}$" ${quote(to)};\n`;
  });
  const together = all.map(({ name }) => `\${${name}}`).join("");
  return [
    ...all.map(({ condition, name }) => formatMap(condition, name)),
    `  map "${together}" $${variable} {\n${lines.join("")}    default ${quote(otherwise)};\n  }\n`,
  ].join("");
}

function formatMap({ of, name, value, not }: Condition, variable: string): string {
  const source = {
    header: `$http_${name.toLowerCase().replaceAll("-", "_")}`,
    cookie: `$cookie_${name}`,
    argument: `$arg_${name}`,
    variable: `$${name}`,
  }[of];
  const [equal, other] = not === undefined ? ["1", "0"] : ["0", "1"];
  return `  map ${source} $${variable} { ${quote(value)} ${equal}; default ${other}; }\n`;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
