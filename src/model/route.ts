/** One route: which requests of a host it takes, and what it does with them. */

import type { Origin } from "#base/origin.ts";
import type { Action } from "./action.ts";
import type { ClientCertificates } from "./client-certificate.ts";
import type { ClientRule } from "./client-rule.ts";
import { type Condition, formatCondition } from "./condition.ts";
import type { Protected } from "./protection.ts";
import type { RateLimits } from "./rate-limit.ts";

export type PathMatch =
  /** The whole path, case-sensitive. */
  | { readonly kind: "exact"; readonly path: string }
  /** Segment-wise prefix: `/a` takes `/a` and `/a/b`, not `/ab`. Never ends in `/`; `/` itself is kind `prefix`. */
  | { readonly kind: "segments"; readonly path: string }
  /** Raw text prefix; `/` takes everything. */
  | { readonly kind: "prefix"; readonly path: string }
  /** RE2 that matches the whole path; with `within`, only paths that begin with that text. */
  | { readonly kind: "regex"; readonly pattern: string; readonly within?: string };

export interface Route extends Protected {
  readonly match: PathMatch;
  /** All of them hold. Default: none. */
  readonly conditions?: readonly Condition[];
  /**
   * Takes so many requests of a hundred: those whose draw is below. A request draws one number from 0 to 99, the same for
   * all routes. Default: all.
   */
  readonly drawBelow?: number;
  readonly action: Action;
  /** Default: everybody may ask. */
  readonly clients?: ClientRule;
  /** What a client must have shown on the connection, which must be one where just this is asked for. Default: nothing. */
  readonly clientCertificates?: ClientCertificates;
  /** Routes of a host with equal limits share them, where most of its routes with limits have these. Default: none. */
  readonly rateLimits?: RateLimits;
  /** Answers a certificate authority's question: it stands first on a host, also on one that is another object's alone. */
  readonly challenge?: true;
  readonly origin: Origin;
}

/** The identity of a match: two routes of one host with equal texts compete. */
export function formatMatch(match: PathMatch): string {
  switch (match.kind) {
    case "exact":
      return `= ${match.path}`;
    case "segments":
      return `/ ${match.path}`;
    case "prefix":
      return `^ ${match.path}`;
    case "regex":
      return match.within === undefined
        ? `~ ${match.pattern}`
        : `~ ${match.pattern} within ${match.within}`;
  }
}

/** The path or the pattern of a match. */
export function pathText(match: PathMatch): string {
  return match.kind === "regex" ? match.pattern : match.path;
}

/** The identity of what a route takes: its match, and under which conditions. */
export function formatTaken({ match, conditions = [], drawBelow }: Route): string {
  const share = drawBelow === undefined ? [] : [`${drawBelow} of 100`];
  return [formatMatch(match), ...conditions.map(formatCondition), ...share].join(", ");
}
