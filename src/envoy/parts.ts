/**
 * A resource that Envoy refuses, taken apart: which of its parts may be guilty, the rest without one of them, and what
 * takes its place when nothing is known to be good.
 */

import type { BackendName } from "#model/backend.ts";
import { buildEndpoints } from "./clusters/endpoints.ts";
import { chainsIn, withoutChain } from "./listeners/without-chain.ts";
import type { Resource } from "./resource.ts";
import { closeHost, objectsIn, withoutObject } from "./routes/closed-routes.ts";

/** More parts than this are not tried one by one. */
const mostSuspects = 32;

/** Parts of the resource that are not the same in what Envoy took last. Empty: it has no parts, or too many differ. */
export function suspectsIn(resource: Resource, good: Resource | undefined): readonly string[] {
  const parts = partsOf(resource);
  const before = good === undefined ? new Map<string, string>() : partsOf(good);
  const changed = [...parts].flatMap(([part, text]) => (before.get(part) === text ? [] : [part]));
  return changed.length > mostSuspects ? [] : changed;
}

/** The resource without a part that {@link suspectsIn} named. */
export function withoutPart(resource: Resource, part: string): Resource {
  return resource.type === "routes" ? withoutObject(resource, part) : withoutChain(resource, part);
}

/** What lets nobody through in place of the resource; undefined when its absence does that. */
export function closed(resource: Resource): Resource | undefined {
  if (resource.type === "routes") return closeHost(resource);
  if (resource.type === "endpoints") return buildEndpoints(resource.name as BackendName, []);
  return undefined;
}

function partsOf(resource: Resource): ReadonlyMap<string, string> {
  if (resource.type === "routes") return objectsIn(resource);
  return resource.type === "listener" ? chainsIn(resource) : new Map<string, string>();
}
