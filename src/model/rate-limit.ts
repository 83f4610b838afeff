/** How often a route may be asked. */

import type { Condition, Subject } from "./condition.ts";

/** What requests are told apart by. */
export type CountedBy =
  | { readonly kind: "client-address" }
  /** Path and query. */
  | { readonly kind: "target" }
  | { readonly kind: "method" }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "argument"; readonly name: string };

/** What a request says of itself, as it is written or as a pattern (RE2) for the whole of it. */
export type LimitCondition =
  | Condition
  | {
      readonly subject: Extract<
        Subject,
        { readonly kind: "header" | "method" | "scheme" | "target" }
      >;
      readonly pattern: string;
      readonly negated?: true;
    };

export interface RateLimit {
  /**
   * Requests that are equal in these parts share one allowance; what they lack is empty. Those without anything of it are
   * not counted.
   */
  readonly key: readonly (string | CountedBy)[];
  /** It counts requests for which all of these hold. Default: all requests. */
  readonly only?: readonly LimitCondition[];
  /** So many requests in `perMs`, evenly spaced. */
  readonly requests: number;
  readonly perMs: number;
  /** So many more may come before their time. */
  readonly burst: number;
  /** So many different keys are remembered, the last ones that came. */
  readonly mostKeys: number;
  /** Requests without room are counted in Envoy's statistics, and pass. Default: they do not pass. */
  readonly dryRun?: true;
}

export interface RateLimits {
  /** All of them must have room for a request; at least one. */
  readonly limits: readonly RateLimit[];
  /** What requests without room get. */
  readonly status: number;
}

/** The limits in one line: equal texts limit alike. */
export function formatRateLimits({ limits, status }: RateLimits): string {
  return JSON.stringify([limits, status]);
}
