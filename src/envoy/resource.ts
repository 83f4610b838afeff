/** One xDS resource as every proxy gets it: encoded once, versioned by its content. */

import { policyTypeUrl } from "#authorization/policy.ts";
import { compareText } from "#base/compare.ts";
import { contentHash } from "#base/content-hash.ts";

export const typeUrls = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoints: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  secret: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  routes: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  /** For the authorization adapter beside an Envoy, who never asks for it. */
  policy: policyTypeUrl,
  scope: "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration",
} as const;

export type ResourceType = keyof typeof typeUrls;

export interface ResourceName {
  readonly type: ResourceType;
  readonly name: string;
}

/** What a resource has to do with others, all of it read off its content. */
export interface Relations {
  /** What must be in force at a proxy before this is sent to it. Default: nothing. */
  readonly needs?: readonly ResourceName[];
  /** What it refers to besides: it must stay for as long as this may be in force. Default: nothing. */
  readonly uses?: readonly ResourceName[];
  /** What it keeps out, as texts to compare: content without one of them is more open. Default: nothing. */
  readonly protections?: readonly string[];
}

export interface Resource extends ResourceName, Relations {
  /** Hash of {@link bytes}, with a hash of the protections behind it where there are any. */
  readonly version: string;
  /** The encoded message, without its Any wrapper: the end of {@link sent}, so that it is kept once. */
  readonly bytes: Uint8Array;
  /** As every proxy gets it: one of the `resources` of a delta response, length first. */
  readonly sent: Uint8Array;
}

/** What changed together. */
export interface ResourceChange {
  readonly set: readonly Resource[];
  readonly removed: readonly ResourceName[];
}

/** Between the two hashes of a version. */
const versionSeparator = "+";

/** The version of content that keeps this out. */
export function versionOf(bytes: Uint8Array, protections: readonly string[]): string {
  const content = contentHash(bytes);
  if (protections.length === 0) return content;
  const kept = contentHash(...[...protections].sort(compareText)).slice(0, 16);
  return `${content}${versionSeparator}${kept}`;
}

/**
 * What of a version stands for the protections; empty when there are none. So a control plane that was started anew can
 * tell from the version alone whether what a proxy has protects as what it is to have does.
 */
export function protectionHash(version: string): string {
  const at = version.indexOf(versionSeparator);
  return at < 0 ? "" : version.slice(at + versionSeparator.length);
}

/** Whether `one` keeps out all that `other` keeps out. */
export function protectsAsWellAs(one: Relations, other: Relations): boolean {
  const kept = new Set(one.protections);
  return (other.protections ?? []).every((protection) => kept.has(protection));
}
