/** Parts of a request, and of the token and the key that it shows, as texts: what it lacks is empty. */

import type { Json, JsonObject } from "#base/json.ts";
import { fields, list, oneOf, optional, type Parsed, required, text } from "#base/schema.ts";
import { unreachable } from "#base/unreachable.ts";
import type { Check } from "../check.ts";

export const requestPart = fields({
  kind: required(
    oneOf(
      ...(["text", "client-address", "target", "path", "query", "method", "scheme"] as const),
      ...(["header", "argument", "cookie", "claim", "api-key", "api-key-client"] as const),
    ),
  ),
  /** Of a header, an argument or a cookie; of `text` the text itself. */
  name: optional(text),
  /** Of a claim: names, one in another. */
  path: optional(list(text)),
});

export type RequestPart = Parsed<typeof requestPart>;

/** A request, and what was found of who sends it. */
export interface ReadRequest {
  readonly check: Check;
  /** Of its token, where that is one to be believed. */
  readonly claims?: JsonObject;
  readonly apiKey?: { readonly key: string; readonly client: string | undefined };
}

export function partText(
  { kind, name = "", path = [] }: RequestPart,
  { check, claims, apiKey }: ReadRequest,
): string {
  switch (kind) {
    case "text":
      return name;
    case "client-address":
      return check.client;
    case "target":
      return check.path;
    case "path":
      return check.path.split("?", 1)[0] ?? "";
    case "query":
      return queryOf(check);
    case "method":
      return check.method;
    case "scheme":
      return check.scheme;
    case "header":
      return name === "host" ? check.host : (check.headers.get(name) ?? "");
    case "argument":
      return named(queryOf(check).split("&"), name);
    case "cookie":
      return named((check.headers.get("cookie") ?? "").split(/;\s*/), name);
    case "claim":
      return claimText(path.reduce<Json | undefined>(within, claims));
    case "api-key":
      return apiKey?.key ?? "";
    case "api-key-client":
      return apiKey?.client ?? "";
    default:
      return unreachable(kind);
  }
}

function queryOf({ path }: Check): string {
  return path.split("?").slice(1).join("?");
}

/** The value behind a name and `=`, the first that there is; the case of the name does not matter. */
function named(pairs: readonly string[], name: string): string {
  const start = `${name.toLowerCase()}=`;
  return pairs.find((pair) => pair.toLowerCase().startsWith(start))?.slice(start.length) ?? "";
}

function within(json: Json | undefined, name: string): Json | undefined {
  const isMapping = typeof json === "object" && json !== null && !Array.isArray(json);
  return isMapping && Object.hasOwn(json, name) ? (json as JsonObject)[name] : undefined;
}

/** As nginx has it in a variable; what is below a mapping has a path of its own. */
function claimText(claim: Json | undefined): string {
  if (Array.isArray(claim)) return claim.map(claimText).join(",");
  if (typeof claim === "string") return claim;
  return typeof claim === "number" || typeof claim === "boolean" ? String(claim) : "";
}
