/** Has objects made that others want, and tells their owners by Events. */

import { contentHash } from "#base/content-hash.ts";
import { type KubeObject, parseKey } from "#kinds/object.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import { createRounds } from "#status/rounds.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Made } from "#store/owned-objects.ts";

export interface Maker<Wish> {
  /** What an object (`formatKey`) wants; `as-before`: what was made for it before stays. */
  readonly wishesOf: (key: string) => readonly Wish[] | "as-before";
  /** Whether an object neither wants nor has anything. */
  readonly isIdle: (key: string, wishes: readonly Wish[]) => Promise<boolean>;
  /** Makes, changes and removes until an object has what it wants. Throws StoreError. */
  readonly bring: (owner: KubeObject, wishes: readonly Wish[]) => Promise<readonly Made[]>;
  /** Where the object asks for it. */
  readonly fieldPath: string;
}

export interface MadeObjects {
  /** What an object wants may have changed. */
  readonly wantChanged: (key: string) => void;
  /** Brings what is made to what is wanted now. */
  readonly update: () => Promise<void>;
}

export interface MadeObjectsDeps {
  readonly store: ObjectStore;
  readonly recorder: EventRecorder;
  /** Awaited between two objects, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
}

export function createMadeObjects<Wish>(
  { store, recorder, breathe }: MadeObjectsDeps,
  { wishesOf, isIdle, bring, fieldPath }: Maker<Wish>,
): MadeObjects {
  const bringTo = async (key: string): Promise<void> => {
    const wishes = wishesOf(key);
    if (wishes === "as-before" || (await isIdle(key, wishes))) return;
    const about = await store.get(parseKey(key));
    if (about === undefined) return;
    for (const { type, reason, message } of await bring(about, wishes)) {
      const id = contentHash(reason, message, key).slice(0, 16);
      await recorder.record({ id, about, fieldPath, type, reason, message });
    }
  };
  const rounds = createRounds(bringTo, breathe);
  return { wantChanged: rounds.add, update: rounds.update };
}
