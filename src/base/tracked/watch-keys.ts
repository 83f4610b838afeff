/** One watcher for each key of an index: started with the key's first member, ended with its last. */

import type { Graph } from "./graph.ts";
import type { KeyListener } from "./index-by-key.ts";

export interface KeyWatch {
  /** Tracked. */
  readonly run: (key: string) => void;
  /** Undoes what `run` did for a key that is gone. */
  readonly undo: (key: string) => void;
}

/** A listener for an index that runs `watch.run` for each of its keys in the given stage of every flush that concerns it. */
export function watchKeys(graph: Graph, stage: number, watch: KeyWatch): KeyListener {
  const stops = new Map<string, () => void>();
  return {
    added: (key) => {
      if (!stops.has(key))
        stops.set(
          key,
          graph.watch(stage, () => watch.run(key)),
        );
    },
    removed: (key) => {
      stops.get(key)?.();
      stops.delete(key);
      watch.undo(key);
    },
  };
}
