/** The HTTP filters of every listener, in the order in which a request meets them, each with its reason. */

import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";
import type { HttpFilter } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { authorizationFilter } from "./authorization.ts";
import { bodyLimitFilter } from "./body-limit.ts";
import { clientAddressFilter } from "./client-address.ts";
import { clientRuleFilter } from "./client-rule.ts";
import { connectionGroupFilter } from "./connection-group.ts";
import { errorAnswersFilter } from "./error-answers.ts";
import { gateFilter } from "./gate.ts";
import { headerScriptFilter } from "./header-script.ts";
import { rateLimitFilter } from "./rate-limit.ts";
import { routerFilter } from "./router.ts";
import { normaliseFilter, wildcardFilter } from "./scope-fallback.ts";
import { unpackingFilter } from "./unpacking.ts";

export interface FilterSettings {
  readonly allowedClients: readonly CidrRange[];
  /** Whether connections are told apart by the name that the handshake asked for. */
  readonly byServerName: boolean;
  /** Whether answers are counted by status, with their times, for each cluster. */
  readonly countsAnswers: boolean;
  /** Whether the client is who a trusted proxy says it is. */
  readonly forwarded: boolean;
}

export interface OrderedFilter {
  /** Undefined where these settings have no need of it. */
  readonly build: (settings: FilterSettings) => HttpFilter | undefined;
  /**
   * Turns requests away. Such a filter is listed enabled and never `disabled` in wait of a route that enables it: on
   * wildcard and default hosts the chain is built at the first lookup, which misses, so no route is asked then. What
   * differs by host is its per-route configuration, which is read later, from the route that was found.
   */
  readonly protects: boolean;
  /** Why it stands here. */
  readonly reason: string;
}

export const filterOrder: readonly OrderedFilter[] = [
  {
    build: ({ allowedClients }) => gateFilter(allowedClients),
    protects: true,
    reason: "needs no route, so it turns away before anything is looked up",
  },
  {
    build: normaliseFilter,
    protects: false,
    reason: "before the wildcards: another spelling of an exact host is that host",
  },
  {
    build: ({ byServerName }) => (byServerName ? connectionGroupFilter() : undefined),
    protects: false,
    reason: "before the wildcards, whose filter finds the group of a name that is no exact host",
  },
  {
    build: wildcardFilter,
    protects: false,
    reason: "before every filter that reads its configuration from the route",
  },
  {
    build: rateLimitFilter,
    protects: true,
    reason: "before what else turns away: who guesses is counted, and asks nobody too often",
  },
  {
    build: clientRuleFilter,
    protects: true,
    reason: "an address costs nothing to judge, so before anybody is asked about it",
  },
  {
    build: ({ forwarded }) => (forwarded ? clientAddressFilter() : undefined),
    protects: false,
    reason: "before the filter that sends it along",
  },
  {
    build: authorizationFilter,
    protects: true,
    reason: "reads from the route whether it is protected, so behind what finds the route",
  },
  {
    build: errorAnswersFilter,
    protects: false,
    reason: "answers pass it last of those that read the route: none of them changes them any more",
  },
  {
    build: bodyLimitFilter,
    // It limits what a route takes and lets nobody in; where no route is asked it still has a limit.
    protects: false,
    reason: "behind all that may turn a request away by its head: no body is read for those",
  },
  {
    build: unpackingFilter,
    protects: false,
    reason: "changes answers alone, and all other filters see what clients get",
  },
  {
    build: headerScriptFilter,
    protects: false,
    reason: "what it takes from requests is needed by every other filter",
  },
  { build: routerFilter, protects: false, reason: "ends the chain" },
];

export function buildHttpFilters(settings: FilterSettings): HttpFilter[] {
  return filterOrder.flatMap(({ build }) => build(settings) ?? []);
}
