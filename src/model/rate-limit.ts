/** How often a route may be asked. */

/** What requests are told apart by. */
export type CountedBy =
  | { readonly kind: "client-address" }
  /** Path and query. */
  | { readonly kind: "target" }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "argument"; readonly name: string };

export interface RateLimit {
  /**
   * Requests that are equal in these parts share one allowance; what they lack is empty. Those without anything of it are
   * not counted.
   */
  readonly key: readonly (string | CountedBy)[];
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
