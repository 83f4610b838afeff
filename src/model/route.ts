/** One route: which requests of a host it takes, and what it does with them. */

import type { Origin } from "#base/origin.ts";
import type { Backend } from "./backend.ts";
import type { Protected } from "./protection.ts";

export type PathMatch =
  /** The whole path, case-sensitive. */
  | { readonly kind: "exact"; readonly path: string }
  /** Segment-wise prefix: `/a` takes `/a` and `/a/b`, not `/ab`. Never ends in `/`; `/` itself is kind `prefix`. */
  | { readonly kind: "segments"; readonly path: string }
  /** Raw text prefix; `/` takes everything. */
  | { readonly kind: "prefix"; readonly path: string };

export type Action =
  | {
      readonly kind: "forward";
      readonly backend: Backend;
      /** A stream with no bytes either way for so long is ended. */
      readonly idleTimeoutMs: number;
      /** How often a request is tried again when no connection could be made. */
      readonly connectRetries: number;
      /**
       * The backend is told in X-Forwarded-Host for which authority the client asked, whatever the client wrote there;
       * absent: what the client wrote there passes through.
       */
      readonly forwardedHost?: true;
    }
  | { readonly kind: "respond"; readonly status: number; readonly body?: string };

export interface Route extends Protected {
  readonly match: PathMatch;
  readonly action: Action;
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
  }
}
