/** What a part of the bench has to say: tables for people, figures for programs, and the bars it was held against. */

import type { Json } from "#base/json.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A limit that the project has set itself. */
export interface Bar {
  readonly what: string;
  /** In words: `≤ 10 ms`. */
  readonly limit: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export interface PartReport {
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  /** How it was measured, what was left out and why, what went wrong. */
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
}

/** One row's numbers, whole. */
export type Figure = Readonly<Record<string, Json>>;

/** A bar over numbers where less is better. */
export function atMost(what: string, measured: number, limit: number, unit: string): Bar {
  const shown = Math.round(measured * 100) / 100;
  return {
    what,
    limit: `≤ ${limit} ${unit}`.trim(),
    measured: `${shown} ${unit}`.trim(),
    isMet: measured <= limit,
  };
}

/** Where and when a part was measured. */
export interface Circumstances {
  readonly machine: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly loadAtStart: number;
  readonly loadAtEnd: number;
  readonly commit: string;
}
