/** Regular expressions as Envoy reads them (RE2): checked before they are sent, and matched where we say what Envoy does. */

import { RE2JS } from "re2js";
import { err, ok, type Result } from "./result.ts";

/** Longer programs cost memory for every host that has them; Envoy is told to take ten times as much. */
const maxProgramSize = 10_000;

/** Longer texts are no regular expressions that somebody wrote. */
const maxTextLength = 4096;

/** Whether the whole of a text is matched. */
export type WholeMatch = (text: string) => boolean;

/** Reads a pattern; the error says what RE2 does not take. */
export function parseRe2(pattern: string): Result<WholeMatch, string> {
  if (pattern.length > maxTextLength) return err(`it is longer than ${maxTextLength} characters`);
  try {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > maxProgramSize) return err("it is too large when compiled");
    return ok((text) => compiled.matches(text));
  } catch (error) {
    // The library says by throwing what a pattern lacks; whatever it throws, Envoy is not to get it.
    return err(error instanceof Error ? error.message : "it cannot be read");
  }
}

/** The pattern that matches this text and nothing else. */
export function quoteRe2(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
