/** `status.loadBalancer` of every Ingress that is served: where to reach it. */

import type { Json } from "#base/json.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { parseKey } from "#kinds/object.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import { coalesced } from "./coalesced.ts";

export interface IngressStatusWriter {
  /** The claim to an object (`formatKey`) may have begun or ended. */
  readonly claimChanged: (key: string) => void;
  /** Brings the statuses of those objects to what is claimed now; calls made meanwhile count as one. */
  readonly update: () => Promise<void>;
}

export interface IngressStatusSettings {
  /** Keys of objects that are served, with their uids. */
  readonly claimed: () => ReadonlyMap<string, string>;
  /** Where they are reached. */
  readonly address: string;
  /** Awaited between two writes, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
}

/** Writes the address to Ingresses that are claimed and takes it from those that are not any more. An unchanged status is not written. */
export function createIngressStatusWriter(
  store: ObjectStore,
  { claimed, address, breathe }: IngressStatusSettings,
): IngressStatusWriter {
  const prefix = `${ingressKind.id}/`;
  const told = new Map<string, string>();
  const due = new Set<string>();
  const status: Json = { loadBalancer: { ingress: [{ ip: address }] } };
  const tell = async (key: string): Promise<void> => {
    const uid = claimed().get(key);
    if (told.get(key) === uid) return;
    if (uid === undefined) {
      await write(store, key, { loadBalancer: {} });
      told.delete(key);
    } else if (await write(store, key, status)) told.set(key, uid);
  };
  const round = async (): Promise<void> => {
    for (const key of due) {
      due.delete(key);
      try {
        await tell(key);
      } catch (error) {
        due.add(key);
        throw error;
      }
      await breathe();
    }
  };
  return {
    claimChanged: (key) => {
      if (key.startsWith(prefix)) due.add(key);
    },
    update: coalesced(round),
  };
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
