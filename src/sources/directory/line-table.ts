/** Offsets in a text → lines and columns. */

import type { Place } from "#base/origin.ts";

export interface LineTable {
  readonly placeAt: (offset: number) => Place;
}

/** A table for one text, made when it is first asked; columns count characters, not UTF-16 units. */
export function createLineTable(file: string, text: string): LineTable {
  let known: readonly number[] | undefined;
  return {
    placeAt: (offset) => {
      known ??= findLineStarts(text);
      const starts = known;
      const line = lastAtMost(starts, offset);
      const before = text.slice(starts[line] ?? 0, offset);
      return { file, line: line + 1, column: countCharacters(before) + 1 };
    },
  };
}

function findLineStarts(text: string): readonly number[] {
  const starts: number[] = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The index of the last number that is not above `limit`; `sorted` begins with 0. */
function lastAtMost(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

function countCharacters(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0xdc00 && code <= 0xdfff) pairs += 1;
  }
  return text.length - pairs;
}
