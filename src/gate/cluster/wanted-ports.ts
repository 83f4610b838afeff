/** The ports that objects ask for → what the Service before the proxies must lead to. */

import { type ListenerPorts, openedPort } from "#envoy/listeners/layout.ts";
import type { Gateway } from "#model/gateway.ts";
import type { WantedPort } from "#proxies/kubernetes/service-ports.ts";

/** One for each number and protocol, however many addresses it is opened on. */
export function wantedPorts({ ownPorts }: Gateway, ports: ListenerPorts): readonly WantedPort[] {
  const wanted = new Map<string, WantedPort>();
  for (const key of ownPorts.ports()) {
    const port = ownPorts.served(key)?.port;
    if (port === undefined) continue;
    const protocol = port.protocol === "udp" ? "UDP" : "TCP";
    wanted.set(`${protocol} ${port.port}`, {
      protocol,
      port: port.port,
      targetPort: openedPort(port, ports),
    });
  }
  return [...wanted.values()];
}
