/** What is measured: a proxy, with whatever configures it, that can be started with a world and told of changes. */

import type { Memory } from "../measure/process-cost.ts";
import type { Change, ChangeKind, World } from "../world/world.ts";

export interface Subject {
  /** In the first column of every table. */
  readonly name: string;
  /** How it is fed and run, in a few words, for the notes under a table. */
  readonly how: string;
  readonly version: string;
  /** The changes it can be told of without being started anew. */
  readonly changes: readonly ChangeKind[];
  /** How long it must be left alone after a change, where it takes only so many. */
  readonly restMs?: number;
  /** Starts it with this world; `directory` is its own. Does not wait until it answers. */
  readonly start: (world: World, directory: string) => Promise<RunningSubject>;
}

export interface RunningSubject extends AsyncDisposable {
  readonly http: number;
  readonly https: number;
  /** `performance.now()` just before the program was started: preparations are not counted. */
  readonly startedAt: number;
  /** The processes that carry requests, and apart from them those that configure, where there are any. */
  readonly processes: () => Processes;
  /** Writes a change that the world has made already; resolves when it is written. */
  readonly apply: (change: Change) => Promise<void>;
  /** Takes added hosts away. */
  readonly remove?: (routes: readonly number[]) => Promise<void>;
  /** Bytes of configuration that the proxy was sent so far. */
  readonly bytesSent?: () => Promise<number>;
  /** Rejects when the program ends by itself. */
  readonly death: Promise<never>;
}

export interface Processes {
  readonly proxy: readonly number[];
  readonly control: readonly number[];
}

/** Memory of both, where they are apart. */
export interface MemoryUse {
  readonly proxy: Memory;
  readonly control: Memory | undefined;
}
