/** Manifests named on the command line, read once: for commands that do not watch. */

import path from "node:path";
import type { Finding } from "#base/finding.ts";
import type { Origin, Place } from "#base/origin.ts";
import { recogniseManifest } from "#gate/manifest-kinds.ts";
import { createDirectorySource, type SourceBatch } from "#sources/directory/directory-source.ts";
import type { Draft } from "#store/object-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";

export interface ReadManifests {
  /** How many files of manifests there are. */
  readonly files: number;
  readonly drafts: readonly Draft[];
  readonly findings: readonly Finding[];
  readonly locate: (origin: Origin) => Place | undefined;
}

/** All objects below the directories. */
export async function readDirectories(
  context: CommandContext,
  directories: readonly string[],
): Promise<ReadManifests> {
  for (const directory of directories) {
    const status = await context.files.status(
      path.resolve(context.environment.workingDirectory, directory),
    );
    if (status?.kind !== "directory") {
      throw new CommandError(
        2,
        `there is no directory ${directory}`,
        "name a directory that holds manifests",
      );
    }
  }
  const batches: SourceBatch[] = [];
  const source = createDirectorySource(context, {
    roots: directories,
    recognise: recogniseManifest,
    consume: (batch) => batches.push(batch),
  });
  await source.start();
  await source.close();
  const drafts = batches.flatMap((batch) => batch.set.map(({ draft }) => draft));
  return {
    files: new Set(batches.flatMap(filesOf)).size,
    drafts,
    findings: batches.at(-1)?.findings ?? [],
    locate: (origin) => source.locate(origin, origin.path),
  };
}

/** Those that were read, and those that could not be. */
function filesOf({ texts, findings }: SourceBatch): readonly string[] {
  return [
    ...texts.keys(),
    ...findings.flatMap(({ place }) => (place === undefined ? [] : [place.file])),
  ];
}
