/** Texts with nginx variables in braces, such as `${scheme}://${host}${request_uri}`. */

import type { Text, Variable } from "#model/text.ts";
import { type Report, refuses, warns } from "../../report.ts";

const plain: Readonly<Record<string, Variable>> = {
  scheme: { kind: "scheme" },
  http_x_forwarded_proto: { kind: "scheme" },
  host: { kind: "host" },
  server_name: { kind: "host" },
  request_uri: { kind: "target" },
  request_method: { kind: "method" },
  remote_addr: { kind: "client-address" },
  remote_port: { kind: "client-port" },
  server_addr: { kind: "local-address" },
  server_port: { kind: "local-port" },
  upstream_status: { kind: "status" },
  server_protocol: { kind: "protocol" },
  connection: { kind: "connection" },
  time_iso8601: { kind: "time", form: "iso8601" },
  time_local: { kind: "time", form: "common-log" },
};

/** Of the connection; the family `ssl_` has more, which nothing here knows. */
const encryption: Readonly<Record<string, Variable>> = {
  ssl_protocol: { kind: "tls", part: "version" },
  ssl_cipher: { kind: "tls", part: "cipher" },
  ssl_server_name: { kind: "tls", part: "server-name" },
  ssl_session_id: { kind: "tls", part: "session" },
  ssl_client_verify: { kind: "client-verdict" },
  ssl_client_s_dn: { kind: "client-certificate", part: "subject" },
  ssl_client_i_dn: { kind: "client-certificate", part: "issuer" },
  ssl_client_serial: { kind: "client-certificate", part: "serial" },
  ssl_client_fingerprint: { kind: "client-certificate", part: "sha1" },
  ssl_client_escaped_cert: { kind: "client-certificate", part: "escaped-pem" },
  ssl_client_v_start: { kind: "client-certificate", part: "not-before" },
  ssl_client_v_end: { kind: "client-certificate", part: "not-after" },
};

/** What nginx knows of itself or counts, and a gate that is not nginx does not. */
const unknownHere = [
  ...["args", "request_body", "request_time", "request_length", "nginx_version", "pid"],
  ...["connections_active", "connections_reading", "connections_writing", "connections_waiting"],
];

/** All that there are but what only an answer has. */
const allVariables: readonly string[] = [
  ...Object.keys(plain).filter((name) => name !== "upstream_status"),
  ...unknownHere,
];

export interface TextRules {
  /** Names of variables that may be in it. */
  readonly variables: readonly string[];
  /** How variables may begin of which the rest is the name of a header or the like: `http_`. */
  readonly families: readonly string[];
}

/** In the URL of a redirect. */
export const redirectRules: TextRules = {
  variables: ["scheme", "http_x_forwarded_proto", "request_uri", "host"],
  families: [],
};

/** In what an action answers, sets and adds. */
export const answerRules: TextRules = {
  variables: allVariables,
  families: ["http_", "arg_", "cookie_", "ssl_", "jwt_"],
};

/** In what is answered in the place of an error. */
export const errorRules: TextRules = {
  variables: ["upstream_status"],
  families: ["upstream_http_"],
};

/** In the URL of a redirect in the place of an error. */
export const errorRedirectRules: TextRules = {
  variables: ["scheme", "http_x_forwarded_proto"],
  families: ["upstream_http_"],
};

/** The text with its variables known apart; undefined after a complaint. */
export function parseText(
  text: string,
  at: string,
  report: Report,
  rules: TextRules,
): Text | undefined {
  if (!/^([^"\\]|\\.)*$/s.test(text)) {
    return refuses(
      report,
      at,
      text,
      `must have all '"' (double quotes) escaped and must not end with an unescaped '\\' (backslash)`,
    );
  }
  if (text.endsWith("$")) return refuses(report, at, text, "must not end with $");
  if (/\$(?!\{[^}]*\})/.test(text)) {
    return refuses(
      report,
      at,
      text,
      `variables must be enclosed in curly braces, for example \${host}`,
    );
  }
  const parts = text
    .split(/(\$\{[^}]*\})/)
    .filter((part) => part !== "")
    .map((part) =>
      part.startsWith("${") ? variableOf(part.slice(2, -1), at, report, rules) : unescape(part),
    );
  if (parts.some((part) => part === undefined)) return undefined;
  const known = parts.filter((part) => part !== undefined);
  return known.every((part) => typeof part === "string") ? known.join("") : known;
}

/** A variable, or the empty text for one that is empty here; undefined after a complaint. */
function variableOf(
  name: string,
  at: string,
  report: Report,
  rules: TextRules,
): Variable | "" | undefined {
  const isOfFamily = rules.families.some((family) => name.startsWith(family));
  if (!isOfFamily && !rules.variables.includes(name)) {
    return refuses(
      report,
      at,
      name,
      `'${name}' contains an invalid NGINX variable. Accepted variables are: ${rules.variables.join(", ")}`,
    );
  }
  const known = plain[name] ?? encryption[name];
  if (known !== undefined) return known;
  if (name.startsWith("http_"))
    return { kind: "header", name: name.slice("http_".length).replaceAll("_", "-").toLowerCase() };
  if (name.startsWith("upstream_http_")) {
    const header = name.slice("upstream_http_".length);
    return { kind: "response-header", name: header.replaceAll("_", "-").toLowerCase() };
  }
  warns(report, at, {
    reason: "VariableNotKnown",
    message: `\${${name}} is empty here: it is not known to this gate`,
    advice: "leave it out",
  });
  return "";
}

function unescape(text: string): string {
  return text.replace(/\\(["'\\])/g, "$1");
}
