/** Answers to certificate authorities that proxies give over plain HTTP, before everything else (RFC 8555 §8.3). */

import type { Origin } from "#base/origin.ts";
import type { Host } from "./host.ts";
import type { Route } from "./route.ts";

/** Which answer: of a name (or an IP address), for a token. */
export interface SolverRoute {
  readonly host: string;
  readonly token: string;
}

/** One that is to be given. */
export interface SolverAnswer extends SolverRoute {
  readonly answer: string;
  readonly origin: Origin;
}

/** The host whose requests it answers. */
export function answeredHost({ host }: SolverRoute): Host {
  return { kind: "exact", name: host.toLowerCase() };
}

/** The route that gives it: to everybody, whatever the host asks of others. */
export function routeOfAnswer({ token, answer, origin }: SolverAnswer): Route {
  return {
    match: { kind: "exact", path: `/.well-known/acme-challenge/${token}` },
    action: { kind: "respond", status: 200, body: answer },
    challenge: true,
    origin,
  };
}
