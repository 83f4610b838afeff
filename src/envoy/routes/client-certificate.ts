/**
 * A route for clients with certificates → routes of which Envoy chooses by what was shown in the handshake.
 *
 *   required     nothing good: 400                 good: on
 *   optional     something that is not good: 400   good, nothing: on
 *   unverified                                     all: on
 *
 * The handshake succeeds in any case, as with nginx. On a connection where something else is asked for, or nothing, what
 * was shown means nothing: 503. Clear text shows nothing.
 */

import { unreachable } from "#base/unreachable.ts";
import type { RouteMatch_TlsContextMatchOptionsSchema } from "#gen/envoy/config/route/v3/route_components_pb.ts";
import type { Action } from "#model/action.ts";
import { type ClientCertificates, formatClientCertificates } from "#model/client-certificate.ts";
import type { Route } from "#model/route.ts";
import type { Init } from "../encode.ts";

/** What a client has shown; absent: no matter what. */
export type Shown = Init<typeof RouteMatch_TlsContextMatchOptionsSchema>;

export interface RouteByCertificate extends Route {
  readonly shown?: Shown;
}

/** In the order in which they are tried. `asked`: what clients of the host are asked for. */
export function byCertificate(
  route: Route,
  asked: ClientCertificates | undefined,
): readonly RouteByCertificate[] {
  const { clientCertificates: wanted } = route;
  if (wanted === undefined) return [route];
  const isAsked =
    asked !== undefined && formatClientCertificates(asked) === formatClientCertificates(wanted);
  // Whom clear text brings has shown nothing, whatever is asked for elsewhere.
  const others = isAsked ? [] : [{ ...answering(route, 503), shown: { presented: true } }];
  return [...others, ...judged(route, wanted)];
}

const good: Shown = { presented: true, validated: true };
const something: Shown = { presented: true };

/** Told apart further where the verdict is told on. */
function judged(route: Route, { demand }: ClientCertificates): readonly RouteByCertificate[] {
  const told = (verdict: string): Route => withVerdict(route, verdict);
  const isTold = told("") !== route;
  switch (demand) {
    case "required":
      return [{ ...answering(route, 400), shown: { validated: false } }, told("SUCCESS")];
    case "optional":
      return [
        { ...answering(route, 400), shown: { presented: true, validated: false } },
        ...(isTold ? [{ ...told("SUCCESS"), shown: good }] : []),
        told("NONE"),
      ];
    case "unverified":
      return [
        ...(isTold ? [{ ...told("SUCCESS"), shown: good }] : []),
        ...(isTold ? [{ ...told("FAILED:not verified"), shown: something }] : []),
        told("NONE"),
      ];
    default:
      return unreachable(demand);
  }
}

/** Before anything else is asked: who may not pass is not counted. */
function answering(route: Route, status: 400 | 503): Route {
  const { clients: _, protections: __, rateLimits: ___, ...bare } = route;
  return { ...bare, action: { kind: "respond", status } };
}

/** The route itself when no text of it tells the verdict. */
function withVerdict(route: Route, verdict: string): Route {
  const action = replaceVerdict(route.action, verdict) as Action;
  return action === route.action ? route : { ...route, action };
}

/** Plain data with the variable replaced; the same object where there is none in it. */
function replaceVerdict(data: unknown, verdict: string): unknown {
  if (typeof data !== "object" || data === null) return data;
  if ("kind" in data && data.kind === "client-verdict") return verdict;
  const before = Object.entries(data);
  const after = before.map(([name, value]) => [name, replaceVerdict(value, verdict)] as const);
  if (after.every(([, value], index) => value === before[index]?.[1])) return data;
  return Array.isArray(data) ? after.map(([, value]) => value) : Object.fromEntries(after);
}
