/** Keeps the addresses of the DNS names that Services of type ExternalName point to. */

import type { KeyListener } from "#base/tracked/index-by-key.ts";
import type { Clock } from "#runtime/clock.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";

export interface ExternalNamesDeps {
  readonly clock: Clock;
  readonly lookup: NameLookup;
  /** Takes the addresses of a name when they are new or different; none when it has never had any. */
  readonly changed: (name: string, addresses: readonly string[]) => void;
}

/** The resolver of this machine does not tell how long an answer holds, so it is asked again in short. */
const askAgain = Temporal.Duration.from({ seconds: 10 });

/** A resolver that does not answer holds up the start for no longer. */
const longestFirstAnswer = Temporal.Duration.from({ seconds: 5 });

export interface ExternalNames extends KeyListener {
  /** Whether every name in use now was looked up once. */
  readonly areAnswered: () => boolean;
  /** Resolves when every name in use now was looked up once: before that nobody knows who is behind it. */
  readonly answered: () => Promise<void>;
  readonly stop: () => void;
}

/** Looks names up from the moment they are in use until they are not; a name that stops resolving keeps its last addresses. */
export function createExternalNames(deps: ExternalNamesDeps): ExternalNames {
  const first = new Map<string, Promise<void>>();
  const cancels = new Map<string, () => void>();
  const last = new Map<string, string>();
  const unanswered = new Set<string>();
  const ask = async (name: string): Promise<void> => {
    const addresses = await deps.lookup.addresses(name);
    if (!cancels.has(name)) return;
    unanswered.delete(name);
    const text = addresses.join(" ");
    const known = last.get(name);
    const keepsLast = addresses.length === 0 && known !== undefined;
    if (!keepsLast && known !== text) {
      last.set(name, text);
      deps.changed(name, addresses);
    }
    cancels.set(
      name,
      deps.clock.after(askAgain, () => void ask(name)),
    );
  };
  const removed = (name: string): void => {
    cancels.get(name)?.();
    cancels.delete(name);
    last.delete(name);
    first.delete(name);
    unanswered.delete(name);
  };
  return {
    added: (name) => {
      cancels.set(name, () => undefined);
      unanswered.add(name);
      first.set(name, ask(name));
    },
    areAnswered: () => unanswered.size === 0,
    answered: async () => {
      const late = Promise.withResolvers<void>();
      const cancel = deps.clock.after(longestFirstAnswer, late.resolve);
      await Promise.race([Promise.all(first.values()), late.promise]);
      cancel();
    },
    removed,
    stop: () => {
      for (const name of [...cancels.keys()]) removed(name);
    },
  };
}
