/** What a lab that failed said last: its logs go with it. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const linesOfEach = 5;

/** The ends of all logs of a lab's directory. */
export function lastWords(directory: string): string {
  const folder = join(directory, "log");
  if (!existsSync(folder)) return "";
  const ends = readdirSync(folder).map((file) => {
    const lines = readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
    return [file, ...lines.slice(-linesOfEach)].join("\n  ");
  });
  return `\n${ends.join("\n")}`;
}
