/** A way of signing, one plug-in each: {@link IssuerBackend}. What no plug-in serves is left to a controller of its own. */

import type { JsonObject } from "#base/json.ts";
import type { Result } from "#base/result.ts";
import type { Kind } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { CertificateEvents } from "../controllers/certificate-events.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";
import type { RequestFacts } from "../policies/request-facts.ts";
import type { IssuerAccess } from "../solvers/solver.ts";

/** What every way of signing is made with. Add what yours needs. */
export interface IssuerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: ObjectStore;
  readonly outbound: OutboundDoor;
  readonly events: CertificateEvents;
  /** The operator's environment variables: where services are found. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface IssuerBackend {
  /** `ca` */
  readonly name: string;
  /** The kinds of issuers that it may serve. */
  readonly issuerKinds: readonly Kind<unknown>[];
  /** Kinds whose objects it makes and that belong to requests: when one changes, its request is signed on. Default: none. */
  readonly ownKinds?: readonly Kind<unknown>[];
  /** Whether signing is asked of somebody else: then an approval is in the store before it is. Default false. */
  readonly asksOthers?: boolean;
  /** Whether it is this way that an issuer, of one of {@link issuerKinds}, signs. */
  readonly serves: (issuer: KubeObject) => boolean;
  /** Whether the issuer can sign now: its condition Ready. Throws StoreError only. */
  readonly verify: (issuer: KubeObject, access: IssuerAccess) => Promise<IssuerVerdict>;
  /**
   * Signs an approved CertificateRequest of an issuer that is ready, or goes on with it. Called any number of times with the
   * same request until it is final, also after a crash: what must not happen twice is put down before it is done, and is told
   * by the request's uid. Throws StoreError only.
   */
  readonly sign: (asked: AskedSignature, signal: AbortSignal) => Promise<SigningOutcome>;
  /** When whoever signed wants a certificate renewed. Does not throw. Default: nobody says. */
  readonly suggestRenewal?: (asked: AskedSuggestion, signal: AbortSignal) => Promise<RenewalAnswer>;
  /** Ends what it has running. */
  readonly close?: () => Promise<void>;
}

export interface AskedSignature {
  /** Of kind CertificateRequest; its body was parsed without a problem. */
  readonly request: KubeObject;
  /** What it asks for; an error is one for good. */
  readonly facts: () => Result<RequestFacts, string>;
  readonly issuer: KubeObject;
  readonly access: IssuerAccess;
}

export interface AskedSuggestion {
  readonly issuer: KubeObject;
  /** DER. */
  readonly certificate: Uint8Array;
}

export type RenewalAnswer =
  | {
      readonly kind: "window";
      readonly start: Temporal.Instant;
      readonly end: Temporal.Instant;
      /** A page that says why; empty: there is none. */
      readonly explanation: string;
      /** When to ask again. Default: a schedule of our own. */
      readonly retryAfter?: Temporal.Duration | undefined;
    }
  /** It says so of no certificate, or is not to be asked. */
  | { readonly kind: "none" }
  /** It does not say so of this one. */
  | { readonly kind: "refused"; readonly message: string }
  /** It is not reached, or does not work. */
  | {
      readonly kind: "outage";
      readonly message: string;
      /** What it asked for. Default: a schedule of our own. */
      readonly retryAfter?: Temporal.Duration | undefined;
    };

export interface IssuerVerdict {
  readonly isReady: boolean;
  /** CamelCase, as in `KeyPairVerified`. */
  readonly reason: string;
  readonly message: string;
  /** Fields of the status beside `conditions` that it wants to be so. Default: they stay. */
  readonly status?: JsonObject;
  /** When to look again where nothing changes: after an error of the outside world. Default: never. */
  readonly lookAgain?: Temporal.Duration;
}

export type SigningOutcome =
  | {
      readonly kind: "issued";
      /** PEM, leaf first, without a root. */
      readonly certificate: string;
      /** PEM of the authority; absent where it is one that everybody knows. */
      readonly authority?: string;
    }
  /** It goes on. `retryAfter`: when to be called again where no object of {@link IssuerBackend.ownKinds} changes. */
  | {
      readonly kind: "pending";
      readonly message: string;
      readonly retryAfter?: Temporal.Duration;
    }
  /** It cannot be signed: the request has failed for good. */
  | { readonly kind: "failed"; readonly message: string }
  /** Whoever signs is not reached or does not work: tried again soon, and no failed issuance. */
  | {
      readonly kind: "outage";
      readonly message: string;
      /** What it asked for. Default: a schedule of our own. */
      readonly retryAfter?: Temporal.Duration;
    };
