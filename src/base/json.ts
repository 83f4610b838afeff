/** Plain data as JSON and YAML know it. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** True for a mapping, false for lists, scalars and null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when both are the same plain data; the order of fields does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((entry, index) => sameJson(entry, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const left = definedFields(a as JsonObject);
  const right = definedFields(b as JsonObject);
  return (
    left.length === right.length &&
    left.every((name) => sameJson((a as JsonObject)[name], (b as JsonObject)[name]))
  );
}

function definedFields(object: JsonObject): readonly string[] {
  return Object.keys(object).filter((name) => object[name] !== undefined);
}
