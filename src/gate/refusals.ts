/** What Envoy refused, as findings on the objects that asked for it; gone when Envoy takes the next content. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import { explainRefusal } from "#envoy/refusal.ts";
import type { ResourceType } from "#envoy/resource.ts";
import { type Gateway, unclaimed } from "#model/gateway.ts";
import type { XdsServer } from "#xds/xds-server.ts";

export interface Refusals {
  readonly stop: () => void;
}

interface Refused {
  readonly type: ResourceType;
  readonly name: string;
  readonly message: string;
}

/** Follows the answers of all proxies. */
export function followRefusals(
  xds: XdsServer,
  gateway: Gateway,
  changed: (findings: readonly Finding[]) => void,
): Refusals {
  const refused = new Map<string, Refused>();
  const tell = (): void => changed([...refused.values()].map((one) => findingOf(one, gateway)));
  const stop = xds.subscribe({
    refused: ({ type, versions, message }) => {
      for (const name of versions.keys()) refused.set(`${type} ${name}`, { type, name, message });
      tell();
    },
    acknowledged: ({ type, versions }) => {
      const before = refused.size;
      for (const name of versions.keys()) refused.delete(`${type} ${name}`);
      if (refused.size !== before) tell();
    },
  });
  return { stop };
}

function findingOf({ type, name, message }: Refused, gateway: Gateway): Finding {
  const { reason, message: text, advice } = explainRefusal(message, [name]);
  return {
    severity: "error",
    reason,
    origin: originOf(type, name, gateway),
    message: `Envoy refused ${type} ${name}: ${text}`,
    advice,
  };
}

function originOf(type: ResourceType, name: string, gateway: Gateway): Origin {
  if ((type === "routes" || type === "scope") && name.startsWith("host/")) {
    return gateway.virtualHost(name.slice("host/".length)).origin;
  }
  const [namespace = "", plain = ""] = name.split("/");
  if (type === "secret" && plain !== "")
    return { kind: "Secret", namespace, name: plain, path: "" };
  const service = /^([^/]+)\/([^:]+):/.exec(name);
  if ((type === "cluster" || type === "endpoints") && service !== null) {
    return { kind: "Service", namespace: service[1] ?? "", name: service[2] ?? "", path: "" };
  }
  return unclaimed;
}
