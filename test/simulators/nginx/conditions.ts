/** What nginx's variables hold, and how a map compares them. */

import type { Condition } from "./location.ts";

export interface Inputs {
  readonly method: string;
  readonly args: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** ngx_http_map_module: texts are compared without regard to case; a variable that is not there is empty. */
export function holds({ not, value, ...condition }: Condition, inputs: Inputs): boolean {
  const isEqual = lower(valueOf(condition, inputs)) === lower(value);
  return not === undefined ? isEqual : !isEqual;
}

function valueOf({ of, name }: Pick<Condition, "of" | "name">, inputs: Inputs): string {
  switch (of) {
    case "header":
      return inputs.headers[lower(name)] ?? "";
    case "cookie":
      return cookieOf(inputs.headers["cookie"] ?? "", name);
    case "argument":
      return argumentOf(inputs.args, name);
    case "variable":
      return variableOf(name, inputs);
  }
}

function variableOf(name: string, { method, args }: Inputs): string {
  switch (name) {
    case "request_method":
      return method;
    case "args":
    case "query_string":
      return args;
    case "scheme":
      return "http";
    default:
      throw new Error(`not known: $${name}`);
  }
}

/** `$cookie_name`: the name in any case. */
function cookieOf(header: string, name: string): string {
  for (const pair of header.split(/[;,]/)) {
    const [, key = "", value = ""] = /^ *([^= ]*) *= *(.*?)$/.exec(pair) ?? [];
    if (lower(key) === lower(name)) return value;
  }
  return "";
}

/** `$arg_name`: the name in any case, the first of several, nothing decoded. */
function argumentOf(args: string, name: string): string {
  for (const pair of args.split("&")) {
    const [, key = "", value = ""] = /^([^=]*)=([\s\S]*)$/.exec(pair) ?? [];
    if (lower(key) === lower(name)) return value;
  }
  return "";
}

/** Bytes, so only the letters of ASCII. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
