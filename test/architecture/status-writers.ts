/** A condition has one writer: the statuses of a kind are written in one place. */

import type { Sources } from "./sources.ts";
import { codeLines, typeScriptIn } from "./sources.ts";

/** File under src → the kinds whose statuses it writes. */
export type StatusWriters = Readonly<Record<string, readonly string[]>>;

/** Statuses written anywhere else, writers that write none, and kinds with two of them. The store and its remote form pass them on. */
export function findForeignStatuses(sources: Sources, writers: StatusWriters): readonly string[] {
  const writing = new Set(
    typeScriptIn(sources, "src", "without tests")
      .filter(([path]) => !/^src\/(store|api)\//.test(path))
      .filter(([, text]) => codeLines(text).some(([, line]) => /\.replaceStatus\(/.test(line)))
      .map(([path]) => path.slice("src/".length)),
  );
  const kinds = Object.values(writers).flat();
  return [
    ...[...writing]
      .filter((path) => !(path in writers))
      .map((path) => `src/${path} writes statuses`),
    ...Object.keys(writers)
      .filter((path) => !writing.has(path))
      .map((path) => `src/${path} writes no statuses`),
    ...kinds
      .filter((kind, index) => kinds.indexOf(kind) !== index)
      .map((kind) => `the status of ${kind} has two writers`),
  ];
}
