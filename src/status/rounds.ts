/** Writing for objects one by one: those that are due, each until it succeeded. */

import { StoreError } from "#store/object-store.ts";
import { coalesced } from "./coalesced.ts";

export interface Rounds {
  /** This one has something to be written. */
  readonly add: (key: string) => void;
  /** Writes for all that are due; calls made meanwhile count as one. */
  readonly update: () => Promise<void>;
}

/** `tell` writes for one object; `breathe` is awaited between two, so that many of them hold up nobody. */
export function createRounds(
  tell: (key: string) => Promise<void>,
  breathe: () => Promise<void>,
): Rounds {
  const due = new Set<string>();
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
  return { add: (key) => due.add(key), update: coalesced(round) };
}

/** Whether the object was still there to be written. */
export async function unlessGone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return false;
    throw error;
  }
}
