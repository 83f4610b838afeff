/** What a route does with the requests that it takes. */

import type { Backend } from "./backend.ts";
import type { HeaderChange } from "./header-change.ts";
import type { Text } from "./text.ts";

export type Action = Forward | Respond | Redirect | Move;

export interface Forward {
  readonly kind: "forward";
  readonly backend: Backend;
  /** A stream with no bytes either way for so long is ended. */
  readonly idleTimeoutMs: number;
  /** How often a request is tried again when no connection could be made. */
  readonly connectRetries: number;
  /** What else is tried again, within the same number. Default: nothing. */
  readonly retries?: Retries;
  /**
   * The backend is told in X-Forwarded-Host for which authority the client asked, whatever the client wrote there;
   * absent: what the client wrote there passes through.
   */
  readonly forwardedHost?: true;
  /** The Host that the backend sees. Default: as the client wrote it. */
  readonly host?: Text;
  /** None of the headers that clients wrote go to the backend, but those that others are made of. Default: all do. */
  readonly clientHeaders?: "left-out";
  /** Where a Location of the backend begins with `from`, clients get one that begins with `to`. Default: as it is. */
  readonly locations?: { readonly from: Text; readonly to: Text };
  /** The path that the backend sees. Default: the one asked for. */
  readonly rewrite?: Rewrite;
  /** In this order. */
  readonly requestHeaders?: readonly HeaderChange[];
  /** In this order. */
  readonly responseHeaders?: readonly HeaderChange[];
  /** Answers packed by gzip are unpacked for clients that do not take them so. Default: they stay as they are. */
  readonly unpacks?: true;
  /** What of a request decides which endpoint of a `hash` backend gets it. Default: nothing. */
  readonly hashBy?: HashKey;
  /** What clients get when no endpoint could be asked. Default: 503. */
  readonly unreachableStatus?: 502;
  /** What clients get in the place of errors; the first that is for a status counts. Default: the errors themselves. */
  readonly errorAnswers?: readonly ErrorAnswer[];
  /** Requests with a longer body get 413. Default: no limit. */
  readonly maxBodyBytes?: number;
}

export type HashKey =
  | { readonly kind: "client-address" }
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "argument"; readonly name: string }
  /** Path and query. */
  | { readonly kind: "target" }
  /** `set`: a client without the cookie gets one. */
  | { readonly kind: "cookie"; readonly name: string; readonly set?: CookieSettings };

export interface CookieSettings {
  /** 0: until the browser ends. */
  readonly ttlSeconds: number;
  /** Default: the path of the request. */
  readonly cookiePath?: string;
  /** `Domain`, `Secure`, `HttpOnly`, `SameSite`; those without a value are empty. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ErrorAnswer {
  /** Of a backend, or of the gate that did not reach one. */
  readonly statuses: readonly number[];
  readonly answer: Respond | Redirect;
}

export interface Retries {
  /** Answers after which a request is tried again. */
  readonly statuses: readonly number[];
  /** Whether a request is tried again that may have had an effect already (RFC 9110 §9.2.2). */
  readonly nonIdempotent: boolean;
}

export type Rewrite =
  /** This text instead of the prefix that was matched; of an exact match, instead of the whole path. */
  | { readonly kind: "prefix"; readonly to: string }
  /** When the pattern (RE2) matches the whole path, this instead; `\1` is its first group. Else the path stays. */
  | { readonly kind: "whole"; readonly pattern: string; readonly to: string };

export interface Respond {
  readonly kind: "respond";
  readonly status: number;
  readonly body?: Text;
  /** Default: `text/plain` for a body, nothing without one. */
  readonly contentType?: string;
  readonly responseHeaders?: readonly HeaderChange[];
}

export interface Redirect {
  readonly kind: "redirect";
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly location: Text;
  readonly responseHeaders?: readonly HeaderChange[];
}

/** To the same URL with another path, for good (301); its query stays. */
export interface Move {
  readonly kind: "move";
  readonly status: 301;
  readonly path: string;
}
