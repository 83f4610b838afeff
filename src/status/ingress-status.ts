/** `status.loadBalancer` of every Ingress that is served: where to reach it. */

import type { Json } from "#base/json.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { parseKey } from "#kinds/object.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import { coalesced } from "./coalesced.ts";

export interface IngressStatusWriter {
  /** Brings the statuses to what is claimed now; calls made meanwhile count as one. */
  readonly update: () => Promise<void>;
}

/** Writes the address to Ingresses that are claimed and takes it from those that are not any more. An unchanged status is not written. */
export function createIngressStatusWriter(
  store: ObjectStore,
  claimed: () => ReadonlyMap<string, string>,
  address: string,
): IngressStatusWriter {
  const told = new Map<string, string>();
  const status: Json = { loadBalancer: { ingress: [{ ip: address }] } };
  const round = async (): Promise<void> => {
    const now = [...claimed()].filter(([key]) => parseKey(key).kind === ingressKind.id);
    for (const [key, uid] of now) {
      if (told.get(key) !== uid && (await write(store, key, status))) told.set(key, uid);
    }
    const kept = new Set(now.map(([key]) => key));
    for (const key of told.keys()) {
      if (kept.has(key)) continue;
      told.delete(key);
      await write(store, key, { loadBalancer: {} });
    }
  };
  return { update: coalesced(round) };
}

/** False when the object is gone. */
async function write(store: ObjectStore, key: string, status: Json): Promise<boolean> {
  try {
    await store.replaceStatus(parseKey(key), status);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return false;
    throw error;
  }
}
