/** {@link Memory} of this process, asked of Node and V8. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Memory } from "./memory.ts";

/** V8's own collector, as `--expose-gc` names it; `last-resort` also gives the pages back. */
type Collector = (options: {
  readonly type: "major";
  readonly execution: "sync";
  readonly flavor: "last-resort";
}) => void;

export function createMemory(): Memory {
  let collector: Collector | undefined;
  return {
    residentBytes: () => process.memoryUsage.rss(),
    processorMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    collect: () => {
      collector ??= findCollector();
      collector({ type: "major", execution: "sync", flavor: "last-resort" });
    },
  };
}

/** Flags count for contexts that are made after them: so only who was given it can collect. */
function findCollector(): Collector {
  setFlagsFromString("--expose-gc");
  const found: Collector = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return found;
}
