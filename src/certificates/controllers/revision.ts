/** The requests of a Certificate by their number: that of the certificate in force, and that of the next. */

import { contentHash } from "#base/content-hash.ts";
import type { KubeObject } from "#kinds/object.ts";
import { requestAnnotations } from "../annotations.ts";
import type { Seen } from "./controller.ts";
import type { World } from "./world.ts";

/** The number of a request; undefined for one that a Certificate did not make. */
export function revisionOf({ metadata }: KubeObject): number | undefined {
  const text = metadata.annotations[requestAnnotations.revision] ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function requestOf(world: World, { object }: Seen, revision: number): KubeObject | undefined {
  return world.requestsOf(object).find((request) => revisionOf(request) === revision);
}

/** The request of the certificate in force. */
export function currentRequest(world: World, seen: Seen): KubeObject | undefined {
  const { revision } = seen.status;
  return revision === undefined ? undefined : requestOf(world, seen, revision);
}

/** The request that is, or was last, to become the next certificate. */
export function nextRequest(world: World, seen: Seen): KubeObject | undefined {
  return requestOf(world, seen, nextRevision(seen));
}

export function nextRevision({ status }: Seen): number {
  return (status.revision ?? 0) + 1;
}

/** Names up to 253 characters, of which the last may be those that tell requests apart. */
const longestStem = 233;

/** As cert-manager names it, so that either finds what the other made. */
export function requestName(seen: Seen): string {
  const stem = seen.object.metadata.name;
  const short =
    stem.length <= longestStem
      ? stem
      : `${stem.slice(0, longestStem - 9)}-${contentHash(stem).slice(0, 8)}`;
  return `${short}-${nextRevision(seen)}`;
}
