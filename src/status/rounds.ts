/** Writing for objects one by one: those that are due, each until it succeeded. */

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
