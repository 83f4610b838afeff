/** A directory source over files in memory and a clock that stands still, and the world its batches add up to. */

import { formatKey, type ObjectKey } from "#kinds/object.ts";
import {
  createDirectorySource,
  type DirectoryLimits,
  type DirectorySource,
  defaultDirectoryLimits,
  type SourceBatch,
} from "#sources/directory/directory-source.ts";
import type { SourceObject } from "#sources/directory/source-object.ts";
import { createManualClock, type ManualClock } from "./runtime/manual-clock.ts";
import { createMemoryFiles, type MemoryFiles } from "./runtime/memory-files.ts";

export interface DirectoryHarness {
  readonly files: MemoryFiles;
  readonly clock: ManualClock;
  readonly source: DirectorySource;
  readonly batches: SourceBatch[];
  /** What the batches add up to: key → where it came from. */
  readonly world: Map<string, SourceObject>;
  /** Lets the burst end and the scan after it. */
  readonly settle: () => Promise<void>;
}

/** Lets time pass, and everything that is ready run: the fake file system answers within microtasks. */
export async function pass(clock: ManualClock, duration: Temporal.DurationLike): Promise<void> {
  await clock.advance(duration);
  for (let turn = 0; turn < 500; turn += 1) await Promise.resolve();
  // A scan may have paused for others; pauses take no time.
  await clock.advance({ milliseconds: 0 });
  for (let turn = 0; turn < 500; turn += 1) await Promise.resolve();
}

/** Roots default to `/m`; kind Cup is claimed by nobody. */
export function createDirectoryHarness(
  options: {
    readonly roots?: readonly string[];
    readonly limits?: Partial<DirectoryLimits>;
    readonly lastGood?: (path: string) => string | undefined;
  } = {},
): DirectoryHarness {
  const files = createMemoryFiles();
  const clock = createManualClock();
  const batches: SourceBatch[] = [];
  const world = new Map<string, SourceObject>();
  const source = createDirectorySource(
    { files, clock },
    {
      roots: options.roots ?? ["/m"],
      limits: { ...defaultDirectoryLimits, ...options.limits },
      ...(options.lastGood === undefined ? {} : { lastGood: options.lastGood }),
      recognise: (_, kind) => (kind === "Cup" ? "unclaimed" : { namespaced: true }),
      consume: (batch) => {
        batches.push(batch);
        for (const key of batch.removed) world.delete(formatKey(key));
        for (const object of batch.set) {
          const { kind, metadata } = object.draft;
          world.set(`${kind}/${metadata.namespace}/${metadata.name}`, object);
        }
      },
    },
  );
  const settle = (): Promise<void> => pass(clock, { milliseconds: 250 });
  return { files, clock, source, batches, world, settle };
}

/** A Service as a manifest. */
export function service(name: string, port = 80): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec: {port: ${port}}\n`;
}

/** The names of all objects of the world, sorted. */
export function names({ world }: DirectoryHarness): readonly string[] {
  return [...world.values()].map(({ draft }) => draft.metadata.name).sort();
}

/** The reasons of all findings now, sorted. */
export function reasons({ batches }: DirectoryHarness): readonly string[] {
  return (batches.at(-1)?.findings ?? []).map(({ reason }) => reason).sort();
}

/** The key of a {@link service}. */
export function key(name: string): ObjectKey {
  return { kind: "Service", namespace: "default", name };
}
