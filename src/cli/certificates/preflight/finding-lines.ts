/** What `cert preflight` found of one thing, as lines. */

import type { Verdict } from "../../cluster/verdict.ts";
import { printable } from "../../output/table.ts";

/** One line, and one below it with what to do. */
export function formatVerdict({ level, about, text, advice }: Verdict): string {
  const said = `${level.padEnd(9)}${about.padEnd(11)}${printable(text)}\n`;
  return advice === undefined ? said : `${said}${" ".repeat(20)}${printable(advice)}\n`;
}
