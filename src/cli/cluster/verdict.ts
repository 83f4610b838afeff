/** What `sekisho preflight` says of one thing that it looked at. */

import type { Found } from "./cluster-facts.ts";

export interface Verdict {
  readonly level: "ok" | "warning" | "error";
  readonly about: string;
  readonly text: string;
  /** What to do; absent when there is nothing. */
  readonly advice?: string;
}

/** Of what could not be read. */
export function unread(about: string, found: Found): Verdict {
  const problem = "problem" in found ? found.problem : "";
  return {
    level: "warning",
    about,
    text: `could not be looked at: ${problem}`,
    advice: "ask with credentials that may read it",
  };
}
