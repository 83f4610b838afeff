/** What Envoy refuses and what is held back, as findings on the objects that asked for it. */

import type { Finding } from "#base/finding.ts";
import { formatOrigin, type Origin } from "#base/origin.ts";
import { secretOfAuthorities } from "#envoy/chain-names.ts";
import { chainName } from "#envoy/internal-headers.ts";
import { ownListenerPrefix } from "#envoy/listeners/own-listener.ts";
import { passthroughChainPrefix } from "#envoy/listeners/passthrough.ts";
import { streamChainName } from "#envoy/listeners/stream-listener.ts";
import { explainRefusal } from "#envoy/refusal.ts";
import type { ResourceName } from "#envoy/resource.ts";
import { objectOfRoute } from "#envoy/routes/closed-routes.ts";
import { challengesPrefix } from "#envoy/routes/host-resources.ts";
import { groupName } from "#model/fragment.ts";
import { type Gateway, unclaimed } from "#model/gateway.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";
import type { XdsServer } from "#xds/xds-server.ts";

export interface Refusals {
  readonly stop: () => void;
}

/** Tells all that holds at once and then at every change. */
export function followRefusals(
  xds: XdsServer,
  gateway: Gateway,
  changed: (findings: readonly Finding[]) => void,
): Refusals {
  const tell = (): void => {
    const held = new Map(
      xds.held().map((one) => [`${one.held.type} ${one.held.name}`, one] as const),
    );
    changed([
      ...xds.verdicts().map((verdict) => refusalOf(verdict, gateway)),
      ...[...held.values()].map((one) => holdOf(one, gateway)),
    ]);
  };
  const stop = xds.subscribe({ verdicts: tell, held: tell, disconnected: tell });
  if (xds.verdicts().length > 0) tell();
  return { stop };
}

function refusalOf(verdict: Verdict, gateway: Gateway): Finding {
  const { type, name } = verdict;
  const { reason, message, advice } = explainRefusal(verdict.message, [name]);
  return {
    severity: "error",
    reason,
    origin: originOf(verdict, gateway),
    message: `Envoy refused ${type} ${name}: ${message}; ${stateOf(verdict)}`,
    advice,
  };
}

/** What holds in place of the refused content. */
function stateOf({ type, part, substitute, keeps }: Verdict): string {
  if (keeps) return "what was in force before stays";
  if (part !== undefined && substitute !== undefined && type === "routes") {
    return "until it is mended, what was good before or 503 answers for it";
  }
  return substitute === undefined
    ? "until it is mended it is left out"
    : "the last good state stays in force";
}

function holdOf(
  { held, waitsFor }: { readonly held: ResourceName; readonly waitsFor: ResourceName },
  gateway: Gateway,
): Finding {
  return {
    severity: "warning",
    reason: "Held",
    origin: originOf(held, gateway),
    message: `a change of ${held.type} ${held.name} is held back for more than 30 s: ${waitsFor.type} ${waitsFor.name} is not in force yet`,
    advice:
      "look at what that needs: endpoints, health checks, certificates; the former state serves meanwhile",
  };
}

function originOf(
  { type, name, part }: ResourceName & { readonly part?: string },
  gateway: Gateway,
): Origin {
  const prefix = ["host/", challengesPrefix].find((one) => name.startsWith(one));
  if ((type === "routes" || type === "scope") && prefix !== undefined) {
    return originOfHost(name.slice(prefix.length), part, gateway);
  }
  if (type === "listener" && name.startsWith(ownListenerPrefix))
    return originOfPort(name.slice(ownListenerPrefix.length), part, gateway);
  if (type === "listener" && part !== undefined) return originOfChain(part, gateway);
  const [namespace = "", plain = ""] = (secretOfAuthorities(name) ?? name).split("/");
  if (type === "secret" && plain !== "") {
    return { kind: "Secret", namespace, name: plain, path: "" };
  }
  const service = /^([^/]+)\/([^:]+):/.exec(name);
  if ((type === "cluster" || type === "endpoints") && service !== null) {
    return { kind: "Service", namespace: service[1] ?? "", name: service[2] ?? "", path: "" };
  }
  return unclaimed;
}

/** The first rule of the guilty object; else of the object that the host's answers come from. */
function originOfHost(host: string, object: string | undefined, gateway: Gateway): Origin {
  const { origin, routes } = gateway.virtualHost(host);
  const guilty = routes.find((route) => objectOfRoute(formatOrigin(route.origin)) === object);
  return guilty?.origin ?? origin;
}

/** The rule of the guilty filter chain; else the oldest of the port. */
function originOfPort(port: string, chain: string | undefined, { ownPorts }: Gateway): Origin {
  const { rules = [], origins = [] } = ownPorts.served(port) ?? {};
  const guilty = rules.find((rule) => streamChainName(rule) === chain);
  return guilty?.origin ?? origins[0] ?? unclaimed;
}

/** The Secret behind the guilty filter chain, or who has handshakes passed on by it. */
function originOfChain(chain: string, gateway: Gateway): Origin {
  if (chain.startsWith(passthroughChainPrefix)) {
    const host = chain.slice(passthroughChainPrefix.length);
    return gateway.passthroughOf(host)?.origin ?? unclaimed;
  }
  for (const serverName of gateway.serverNames()) {
    const use = gateway.certificateOf(serverName)?.use;
    if (use === undefined || chainName(groupName(use)) !== chain) continue;
    return { kind: "Secret", ...use.secret, path: "" };
  }
  return unclaimed;
}
