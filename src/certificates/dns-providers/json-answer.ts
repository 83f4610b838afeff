/** Bodies of answers of APIs. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";

/** The object in a body; an empty one where there is none, as in the page of something between: the status says enough then. */
export function objectIn(body: Uint8Array): JsonObject {
  if (body.length === 0) return {};
  try {
    const parsed = JSON.parse(Buffer.from(body).toString("utf8")) as Json;
    return isJsonObject(parsed) ? (parsed as JsonObject) : {};
  } catch {
    // Whoever asks judges by the status.
    return {};
  }
}
