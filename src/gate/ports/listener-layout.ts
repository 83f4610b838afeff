/** What a gate's settings say of its listeners → the layout in which Envoy is given them. */

import {
  type AccessLogTarget,
  buildAccessLog,
  buildConnectionAccessLog,
  buildStreamAccessLog,
} from "#envoy/access-log.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import { onDemandLayout } from "#envoy/listeners/on-demand-layout.ts";
import type { ListenerSettings } from "#envoy/listeners/settings.ts";
import type { CertificateLayout } from "./certificate-layout.ts";
import type { Ports } from "./ports.ts";

export interface ListenerLayoutSettings {
  readonly address: string;
  readonly ports: Ports;
  readonly samplePercent: number;
  readonly trustedProxies: readonly string[];
  readonly proxyProtocol: boolean;
  readonly allowedClients: readonly string[];
  /** Whether anybody can read how backends answered. Default: yes. */
  readonly countsAnswers?: boolean;
}

export function createListenerLayout(
  settings: ListenerLayoutSettings,
  layout: CertificateLayout,
  accessLog: AccessLogTarget,
): ListenerLayout {
  const log = { to: accessLog, samplePercent: settings.samplePercent };
  const listeners: ListenerSettings = {
    address: settings.address,
    accessLog: [buildAccessLog(log)],
    streamLog: (origin) => [buildStreamAccessLog(log, origin)],
    connectionLog: [buildConnectionAccessLog(accessLog)],
    trustedProxies: settings.trustedProxies.map(cidrRangeOf),
    proxyProtocol: settings.proxyProtocol,
    allowedClients: settings.allowedClients.map(cidrRangeOf),
    countsAnswers: settings.countsAnswers ?? true,
    sharesTickets: true,
  };
  return layout === "on-demand"
    ? onDemandLayout(listeners, settings.ports)
    : chainLayout(listeners, settings.ports);
}
