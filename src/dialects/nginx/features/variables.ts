/** Texts with nginx variables in braces, such as `${scheme}://${host}${request_uri}`. */

import type { Text, Variable } from "#model/text.ts";
import { type Report, refuses, warns } from "../report.ts";

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
  server_protocol: { kind: "protocol" },
  connection: { kind: "connection" },
  time_iso8601: { kind: "time", form: "iso8601" },
  time_local: { kind: "time", form: "common-log" },
};

/** What nginx knows of itself or counts, and a gate that is not nginx does not. */
const unknownHere = [
  ...["args", "request_body", "request_time", "request_length", "nginx_version", "pid"],
  ...["connections_active", "connections_reading", "connections_writing", "connections_waiting"],
];

/** In the URL of a redirect. */
export const redirectVariables = ["scheme", "http_x_forwarded_proto", "request_uri", "host"];

/** In bodies and headers: all that there are. */
export const allVariables: readonly string[] = [...Object.keys(plain), ...unknownHere];

/** Where the variables of a text begin with one of these, the rest is the name of a header or the like. */
const families = ["http_", "arg_", "cookie_", "ssl_", "jwt_", "upstream_"];

export interface TextRules {
  /** Names of variables that may be in it. */
  readonly variables: readonly string[];
  /** Whether `http_x`, `arg_x` and the like may be in it. */
  readonly families: boolean;
}

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
  const isOfFamily = rules.families && families.some((family) => name.startsWith(family));
  if (!isOfFamily && !rules.variables.includes(name)) {
    return refuses(
      report,
      at,
      name,
      `'${name}' contains an invalid NGINX variable. Accepted variables are: ${rules.variables.join(", ")}`,
    );
  }
  const known = plain[name];
  if (known !== undefined) return known;
  if (name.startsWith("http_"))
    return { kind: "header", name: name.slice("http_".length).replaceAll("_", "-").toLowerCase() };
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
