/** The order in which resource types reach a proxy, and which type can refer to which. */

import type { ResourceType } from "#envoy/resource.ts";
import { typeUrls } from "#envoy/resource.ts";

/** What is referred to comes first; Envoy asks for endpoints and secrets after it has their cluster. */
export const additionOrder = [
  "policy",
  "cluster",
  "endpoints",
  "secret",
  "listener",
  "routes",
  "scope",
] as const satisfies readonly ResourceType[];

/** What refers to others goes first. */
export const removalOrder = [
  "scope",
  "listener",
  "routes",
  "cluster",
  "endpoints",
  "secret",
  "policy",
] as const satisfies readonly ResourceType[];

/** Which types can refer to a type. */
export const referrers: Readonly<Record<ResourceType, readonly ResourceType[]>> = {
  cluster: ["listener", "routes", "scope"],
  endpoints: ["cluster"],
  secret: ["cluster", "listener"],
  listener: [],
  routes: ["listener", "scope"],
  scope: ["scope"],
  // The adapter who has them keeps those that were taken from it for as long as an Envoy may name them.
  policy: [],
};

/** Types that only a resource of the same name refers to. */
export const referredToByName: ReadonlySet<ResourceType> = new Set(["endpoints", "routes"]);

const typesByUrl: ReadonlyMap<string, ResourceType> = new Map(
  additionOrder.map((type) => [typeUrls[type], type]),
);

/** The type behind a type URL; undefined when we serve none such. */
export function parseTypeUrl(url: string): ResourceType | undefined {
  return typesByUrl.get(url);
}

/**
 * Types of which `*`, or an empty first request (the wildcard as it was before), means "everything".
 * xDS protocol, "How the client specifies what resources to return".
 */
export function isWildcardType(type: ResourceType): boolean {
  return type === "cluster" || type === "listener" || type === "scope" || type === "policy";
}
