/** What is at a path of field names within JSON that nobody has parsed. */

import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** The object at a path of field names; undefined where there is none. */
export function objectAt(
  value: Json | undefined,
  ...path: readonly string[]
): JsonObject | undefined {
  let found: Json | undefined = value;
  for (const name of path) found = isJsonObject(found) ? (found as JsonObject)[name] : undefined;
  return isJsonObject(found) ? (found as JsonObject) : undefined;
}

/** The text at a path of field names. */
export function textAt(value: Json | undefined, ...path: readonly string[]): string | undefined {
  const found = objectAt(value, ...path.slice(0, -1))?.[path.at(-1) ?? ""];
  return typeof found === "string" ? found : undefined;
}

/** The objects of the list at a path of field names. */
export function objectsAt(
  value: Json | undefined,
  ...path: readonly string[]
): readonly JsonObject[] {
  const found = objectAt(value, ...path.slice(0, -1))?.[path.at(-1) ?? ""];
  return Array.isArray(found)
    ? found.filter((one: Json): one is JsonObject => isJsonObject(one))
    : [];
}
