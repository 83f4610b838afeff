/** How long a value would be as JSON, without writing it: where aliases repeat one text, the JSON can be far longer than what is held. */

import type { Json } from "./json.ts";

/** True when the JSON of a value has more than `most` characters, escapes counted as one; looks no further than that. */
export function isLongerAsJson(value: Json, most: number): boolean {
  return measure(value, most) > most;
}

function measure(value: Json | undefined, most: number): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return String(value).length;
  let length = 2;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      length += 1 + measure(item, most - length);
      if (length > most) return length;
    }
    return length;
  }
  for (const [key, field] of Object.entries(value)) {
    length += key.length + 4 + measure(field, most - length);
    if (length > most) return length;
  }
  return length;
}
