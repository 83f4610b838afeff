/** `status.loadBalancer`, which Ingress and Service share. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";

/** The addresses and host names of a status, in its order. */
export function addresses(status: Json | undefined): readonly string[] {
  if (!isJsonObject(status)) return [];
  const loadBalancer = (status as JsonObject)["loadBalancer"];
  if (!isJsonObject(loadBalancer)) return [];
  const ingress = (loadBalancer as JsonObject)["ingress"];
  if (!Array.isArray(ingress)) return [];
  return (ingress as readonly Json[]).flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    const address = (entry as JsonObject)["ip"] ?? (entry as JsonObject)["hostname"];
    return typeof address === "string" ? [address] : [];
  });
}
