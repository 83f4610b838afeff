/** Server-side apply with one field manager: what was given before and is absent now goes, everything else stays. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";

/**
 * `current` with the fields of `wanted` set and those of `before` that `wanted` lacks removed. Mappings are merged
 * field by field, lists and scalars replaced whole.
 */
export function mergeFields(
  current: JsonObject,
  before: JsonObject,
  wanted: JsonObject,
): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(current));
  for (const name of Object.keys(before)) if (!Object.hasOwn(wanted, name)) merged.delete(name);
  for (const [name, value] of Object.entries(wanted)) {
    const there = merged.get(name);
    const given = before[name];
    merged.set(
      name,
      isJsonObject(value) && isJsonObject(there)
        ? mergeFields(
            there as JsonObject,
            isJsonObject(given) ? (given as JsonObject) : {},
            value as JsonObject,
          )
        : value,
    );
  }
  return Object.fromEntries(merged);
}
