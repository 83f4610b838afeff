/** Reading the JSON of an ACME server: what is not there or of another type is empty, what is no object is an error. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { AcmeError } from "./acme-error.ts";
import { parseJson } from "./json-text.ts";
import type { AcmeAnswer } from "./transport.ts";

/** The object in the body of an answer; throws AcmeError `unreadable`. */
export function readObject({ body }: AcmeAnswer): JsonObject {
  const value = parseJson(body);
  if (!isJsonObject(value)) throw new AcmeError("unreadable", "the server answered no JSON object");
  return value as JsonObject;
}

/** A text; empty when it is none. */
export function readText(object: JsonObject, name: string): string {
  const value = object[name];
  return typeof value === "string" ? value : "";
}

/** A list; empty when it is none. */
export function readList(object: JsonObject, name: string): readonly Json[] {
  const value = object[name];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
