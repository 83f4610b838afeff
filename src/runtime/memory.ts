/** What this process takes of the machine, and its garbage, injected. */

export interface Memory {
  /** Bytes that are resident now, garbage with them. */
  readonly residentBytes: () => number;
  /** Milliseconds of processor time, user and system, that all threads took so far. */
  readonly processorMs: () => number;
  /** Collects all garbage and gives its pages back. Nothing else runs meanwhile. */
  readonly collect: () => void;
}
