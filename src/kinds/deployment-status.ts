/** Reading the numbers of a Deployment's or ReplicaSet's status. */

import type { Json, JsonObject } from "#base/json.ts";
import { isJsonObject } from "#base/json.ts";

/** A number of a status; absent counts as 0, as kubectl prints it. */
export function statusNumber(status: Json | undefined, name: string): number {
  const value = isJsonObject(status) ? (status as JsonObject)[name] : undefined;
  return typeof value === "number" ? value : 0;
}
