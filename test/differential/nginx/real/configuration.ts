/** Locations as a configuration file of nginx: a server for each host, all before one upstream. */

import type {
  Choice,
  Condition,
  Destination,
  ErrorPage,
  Location,
  Pass,
  Rewrite,
} from "#test/simulators/nginx/location.ts";

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
  const parts = hosts.map((host, number) => formatHost(host, { number, port, directory }));
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
  server { listen unix:${directory}/418.sock; return 418; }
  map $request_uri $path_on_the_wire { "~^(?P<path>[^?]*)(\\?.*)?$" $path; }
${parts.join("\n")}
}
`;
}

interface Place extends Pick<Site, "directory" | "port"> {
  readonly number: number;
}

function formatHost({ name, locations }: Host, { number, port, directory }: Place): string {
  const maps = locations.flatMap(({ outcome }, place) =>
    outcome.kind === "choice" ? [formatMaps(outcome, `host_${number}_${place}`)] : [],
  );
  const blocks = locations.map((location, place) =>
    formatLocation(location, { place, variable: `host_${number}_${place}`, directory }),
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

interface Within extends Pick<Site, "directory"> {
  readonly place: number;
  readonly variable: string;
}

function formatLocation(location: Location, within: Within): string {
  const { modifier, text, internal, rewrites = [] } = location;
  const { lines, named = [] } = formatOutcome(location, within);
  const all = [
    ...(internal === true ? ["internal;"] : []),
    ...rewrites.map(formatRewrite),
    ...lines,
  ];
  return [formatBlock(`${modifier} ${quote(text)}`, all), ...named].join("");
}

function formatBlock(name: string, lines: readonly string[]): string {
  return `    location ${name} {\n${lines.map((line) => `      ${line}\n`).join("")}    }\n`;
}

interface Lines {
  readonly lines: readonly string[];
  /** Locations behind the names in `lines`. */
  readonly named?: readonly string[];
}

function formatOutcome({ outcome }: Location, { place, variable, directory }: Within): Lines {
  switch (outcome.kind) {
    case "choice":
      return { lines: [`rewrite ^ $${variable} last;`] };
    case "pass":
      return formatPass(outcome, place);
    default: {
      const { line, named } = formatErrorPage({ codes: [418], reply: outcome }, `${place}`);
      const pass = `proxy_pass http://unix:${directory}/418.sock;`;
      return { lines: ["proxy_intercept_errors on;", line, pass], named };
    }
  }
}

function formatPass({ upstream, uri, errorPages = [] }: Pass, place: number): Lines {
  const pages = errorPages.map((page, index) => formatErrorPage(page, `${place}_${index}`));
  return {
    lines: [
      `proxy_set_header ${locationHeader} ${place};`,
      `proxy_set_header ${upstreamHeader} ${upstream};`,
      ...(pages.length === 0 ? [] : ["proxy_intercept_errors on;"]),
      ...pages.map(({ line }) => line),
      `proxy_pass ${quote(`http://echo${uriOf(uri)}`)};`,
    ],
    named: pages.flatMap(({ named }) => named),
  };
}

/** A body stands behind a name, where `return` says no status: `error_page` has said it. */
function formatErrorPage(
  { codes, reply }: ErrorPage,
  name: string,
): { readonly line: string; readonly named: readonly string[] } {
  const code = reply.code === undefined ? "" : `=${reply.code}`;
  const line = `error_page ${codes.join(" ")} ${code}`;
  if (reply.kind === "redirect") return { line: `${line} ${quote(reply.url)};`, named: [] };
  const block = formatBlock(`@page_${name}`, [`return 0 ${quote(reply.body)};`]);
  return { line: `${line} @page_${name};`, named: [block] };
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
  const destinations = [...cases.map(({ to }) => to), otherwise];
  const draws = destinations.map((to, number) => formatDraw(to, `${variable}_draw_${number}`));
  const lines = cases.map((_, number) => {
    const wanted = all.map(({ name }) => (name.startsWith(`${variable}_${number}_`) ? "1" : "."));
    return `    "~^${wanted.join("")}$" ${draws[number]?.value};\n`;
  });
  const together = all.map(({ name }) => `\${${name}}`).join("");
  return [
    ...all.map(({ condition, name }) => formatMap(condition, name)),
    ...draws.map(({ text }) => text),
    `  map "${together}" $${variable} {\n${lines.join("")}    default ${draws.at(-1)?.value};\n  }\n`,
  ].join("");
}

/** A part of nothing is none to nginx. */
function formatDraw(
  to: Destination,
  variable: string,
): { readonly value: string; readonly text: string } {
  if (typeof to === "string") return { value: quote(to), text: "" };
  const parts = to.filter(({ percent }) => percent > 0);
  const lines = parts.map((part) => `    ${part.percent}% ${quote(part.to)};\n`);
  return {
    value: `$${variable}`,
    text: `  split_clients $request_id $${variable} {\n${lines.join("")}  }\n`,
  };
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
