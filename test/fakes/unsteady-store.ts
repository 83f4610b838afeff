/** An object store that can be made to fail, and to let somebody else go first. */

import type { ObjectStore } from "#store/object-store.ts";
import { StoreError } from "#store/object-store.ts";

export interface UnsteadyStore extends ObjectStore {
  /** From now on every call fails with `unavailable`, or no more. */
  readonly setDown: (isDown: boolean) => void;
  /** Runs once, before the next write. */
  readonly beforeNextWrite: (act: () => Promise<unknown>) => void;
}

/** The calls of `store`, with what was arranged before them. */
export function createUnsteadyStore(store: ObjectStore): UnsteadyStore {
  let isDown = false;
  let first: (() => Promise<unknown>) | undefined;
  const up = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    isDown ? Promise.reject(new StoreError("unavailable", "the store is down")) : call();
  const write = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    up(async () => {
      const act = first;
      first = undefined;
      await act?.();
      return await call();
    });
  return {
    get: (key) => up(() => store.get(key)),
    list: (kind, namespace) => up(() => store.list(kind, namespace)),
    watch: (from, signal) => store.watch(from, signal),
    create: (draft) => write(() => store.create(draft)),
    replace: (key, draft, version) => write(() => store.replace(key, draft, version)),
    apply: (draft) => write(() => store.apply(draft)),
    replaceStatus: (key, status, version) => write(() => store.replaceStatus(key, status, version)),
    remove: (key, preconditions) => write(() => store.remove(key, preconditions)),
    setDown: (down) => {
      isDown = down;
    },
    beforeNextWrite: (act) => {
      first = act;
    },
  };
}
