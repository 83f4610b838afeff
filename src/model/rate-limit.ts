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

/** Everything that can be read out of a request by who looks into it. */
export type Readable =
  | CountedBy
  | Subject
  /** The target without its query. */
  | { readonly kind: "path" }
  /** What the token that it shows says under these names, one in another: a text as it is, a list with commas. */
  | { readonly kind: "claim"; readonly path: readonly string[] }
  /** The key that it shows, and whose that is. */
  | { readonly kind: "api-key" }
  | { readonly kind: "api-key-client" };

/** What is read there, as it is written, without regard to case, or as a pattern (RE2) for the whole of it. */
export type ReadCondition = {
  readonly subject: Readable;
  readonly negated?: true;
} & ({ readonly value: string } | { readonly pattern: string });

/** A limit by `Part`s of requests, for those that `Only` says. */
export interface RateLimit<Part = CountedBy, Only = LimitCondition> {
  /**
   * Requests that are equal in these parts share one allowance; what they lack is empty. Those without anything of it are
   * not counted.
   */
  readonly key: readonly (string | Part)[];
  /** It counts requests for which all of these hold. Default: all requests. */
  readonly only?: readonly Only[];
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

/** A limit that is kept by who looks into requests. */
export type ReadLimit = RateLimit<Readable, ReadCondition>;

/** The limits in one line: equal texts limit alike. */
export function formatRateLimits({ limits, status }: RateLimits): string {
  return JSON.stringify([limits, status]);
}
