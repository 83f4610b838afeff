/** How far each proxy is, for people. */

import type { XdsServer } from "#xds/xds-server.ts";
import type { ProxyStatus } from "./gate-status.ts";

export function proxyStatuses(xds: Pick<XdsServer, "proxies">): readonly ProxyStatus[] {
  // An authorization adapter is none: it is beside one.
  const envoys = xds.proxies().filter(({ kind }) => kind !== "policies");
  return envoys.map(
    (proxy): ProxyStatus => ({
      id: proxy.proxy,
      connectedSince: proxy.connectedSince.toString(),
      types: proxy.types.map((type) => ({
        type: type.type,
        sent: type.sentResources,
        acknowledged: type.acknowledgedResponses,
        waiting: type.waiting,
        ...(type.lastRefusal === undefined ? {} : { lastRefusal: type.lastRefusal.message }),
      })),
    }),
  );
}
