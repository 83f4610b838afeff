/** Who is at the other end of a stream, and what such a one is told of. */

import type { ResourceType } from "#envoy/resource.ts";

/** The aggregated stream carries every type of Envoy's; a secrets stream only secrets; that of an authorization adapter only policies. */
export type StreamKind = "aggregated" | "secrets" | "policies";

/** Whether streams of that kind carry the type. */
export function carries(kind: StreamKind, type: ResourceType): boolean {
  if (kind === "aggregated") return type !== "policy";
  return type === (kind === "secrets" ? "secret" : "policy");
}
