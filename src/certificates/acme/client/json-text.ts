/** Text that should be JSON, read without an exception. */

import type { Json } from "#base/json.ts";

/** Undefined for a text that is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // A server that is down answers with a page: who asked says what is missing.
    return undefined;
  }
}
