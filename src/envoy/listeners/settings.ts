/** What all listeners of a gate have in common. It is read when they are made and does not change until a restart. */

import type { Origin } from "#base/origin.ts";
import type { AccessLog } from "#gen/envoy/config/accesslog/v3/accesslog_pb.ts";
import type { CidrRange } from "#gen/envoy/config/core/v3/address_pb.ts";

export interface ListenerSettings {
  /** The address both ports are opened on; `::` takes IPv4 too. */
  readonly address: string;
  readonly accessLog: readonly AccessLog[];
  /** Of what an object has passed on without looking into it. Default: none. */
  readonly streamLog?: (origin: Origin) => readonly AccessLog[];
  /** Of connections that carry no request, a refused handshake for instance. Default: none. */
  readonly connectionLog?: readonly AccessLog[];
  /** Peers whose X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly CidrRange[];
  /** Every connection must begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean;
  /** Who may send requests, and open connections to what is passed on; empty: everybody. */
  readonly allowedClients: readonly CidrRange[];
  /** Whether answers are counted by status, with their times, for each cluster. Default: they are. */
  readonly countsAnswers?: boolean;
  /** Whether all proxies have the same keys of session tickets, by name. Default: each has its own. */
  readonly sharesTickets?: boolean;
}
