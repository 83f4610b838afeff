/** Ports of their own and passthroughs as Envoy resources, kept up by change. */

import type { Finding } from "#base/finding.ts";
import type { FindingSet } from "#base/finding-set.ts";
import type { Graph } from "#base/tracked/graph.ts";
import type { KeyListener } from "#base/tracked/index-by-key.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import { type Backend, backendName } from "#model/backend.ts";
import { type StreamRule, secretName } from "#model/fragment.ts";
import type { Gateway } from "#model/gateway.ts";
import { hostFromText } from "#model/host.ts";
import type { OwnPort } from "#model/own-port.ts";
import type { ServedPort } from "#model/port-claims.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";
import { ticketsName } from "../chain-names.ts";
import type { Resource } from "../resource.ts";
import type { ResourceSet } from "../resource-set.ts";
import { buildOwnPortRest, ownPortRest } from "../routes/own-port-rest.ts";
import type { SecretSource } from "../secret-source.ts";
import { buildSecret, buildTicketKeys } from "../secrets/secret.ts";
import { buildOwnHttpListener } from "./http-listener.ts";
import { type EncodedChain, type ListenerLayout, openedPort } from "./layout.ts";
import { ownListenerName, ownListenerPrefix } from "./own-listener.ts";
import { buildStreamListener } from "./stream-listener.ts";

export interface StreamResourcesDeps {
  readonly graph: Graph;
  /** When in a flush passthroughs are placed, and when listeners are built. */
  readonly stages: { readonly passthroughs: number; readonly listeners: number };
  readonly gateway: () => Gateway;
  readonly secrets: SecretSource;
  readonly layout: ListenerLayout;
  readonly resources: ResourceSet;
  readonly findings: FindingSet;
  /** Takes the backends of a user in place of those it had. */
  readonly useBackends: (user: string, backends: ReadonlyMap<string, Backend>) => void;
  /** Takes a chain of the HTTPS listener by its name; undefined: there is none any more. */
  readonly placeChain: (name: string, chain: EncodedChain | undefined) => void;
}

const none: ReadonlyMap<string, Backend> = new Map();

export class StreamResources {
  /** To be told of hosts whose handshakes somebody wants passed on. */
  readonly passthroughs: KeyListener;
  /** To be told of ports of their own that somebody wants. */
  readonly ports: KeyListener;
  readonly #deps: StreamResourcesDeps;
  /** Secrets that a port's listener asks for. */
  readonly #secretsOfPort = new Map<string, ReadonlySet<string>>();

  /** Those by HTTP and HTTPS that are open. */
  readonly #httpPorts = new Set<string>();

  constructor(deps: StreamResourcesDeps) {
    this.#deps = deps;
    const { graph, stages } = deps;
    this.passthroughs = watchKeys(graph, stages.passthroughs, {
      run: (host) => this.#placePassthrough(host),
      undo: (host) => this.#dropPassthrough(host),
    });
    this.ports = watchKeys(graph, stages.listeners, {
      run: (port) => this.#buildPort(port),
      undo: (port) => this.#dropPort(port),
    });
  }

  #placePassthrough(host: string): void {
    const { gateway, layout, placeChain, useBackends, findings } = this.#deps;
    const passthrough = gateway().passthroughOf(host);
    if (passthrough === undefined) {
      this.#dropPassthrough(host);
      return;
    }
    const { stream, origin } = passthrough;
    placeChain(`passthrough ${host}`, layout.encodePassthrough(hostFromText(host), passthrough));
    useBackends(`passthrough ${host}`, backendsOf([{ stream }]));
    const isMissed = layout.byServerName && hostFromText(host).kind !== "exact";
    findings.set(`passthrough ${host}`, isMissed ? [wildcardMissed(origin)] : []);
  }

  #dropPassthrough(host: string): void {
    const { placeChain, useBackends, findings } = this.#deps;
    placeChain(`passthrough ${host}`, undefined);
    useBackends(`passthrough ${host}`, none);
    findings.delete(`passthrough ${host}`);
  }

  #buildPort(key: string): void {
    const { gateway, layout, resources, useBackends, findings } = this.#deps;
    const served = gateway().ownPorts.served(key);
    if (served === undefined) return;
    const reserved = gateOwnPort(served.port, layout);
    if (reserved !== undefined) {
      this.#dropPort(key);
      findings.set(
        `port ${key}`,
        served.origins.map((origin) => portTaken(origin, reserved)),
      );
      return;
    }
    const listener = this.#buildListener(key, served);
    if (listener === undefined) {
      this.#dropPort(key);
      return;
    }
    useBackends(`port ${key}`, backendsOf(served.rules));
    resources.set(listener);
    findings.set(`port ${key}`, served.findings);
  }

  /** Undefined where those who want it do not have their hosts. */
  #buildListener(key: string, served: ServedPort): Resource | undefined {
    const { gateway, layout } = this.#deps;
    const { port, rules } = served;
    if (port.protocol === "tcp" || port.protocol === "udp") {
      const secrets = this.#buildSecrets(key, rules);
      return buildStreamListener(served, layout.ownPorts, (rule) => secrets.get(rule));
    }
    const hosts = gateway().hostsAt(key, served.hosts);
    if (hosts.length === 0) return undefined;
    if (this.#httpPorts.size === 0)
      for (const resource of buildOwnPortRest()) this.#deps.resources.set(resource);
    this.#httpPorts.add(key);
    return port.protocol === "http"
      ? buildOwnHttpListener(port, layout.ownPorts)
      : layout.buildOwnHttps(port, this.#groupsOf(hosts));
  }

  #groupsOf(hosts: readonly string[]): readonly CertificateGroup[] {
    const each = hosts.map((host) => this.#deps.gateway().groupFor(host));
    const byName = Map.groupBy(each, ({ name }) => name);
    return [...byName.values()].flatMap(([first, ...others]) =>
      first === undefined
        ? []
        : [{ ...first, hosts: [...first.hosts, ...others.flatMap((group) => group.hosts)] }],
    );
  }

  #dropPort(key: string): void {
    const { resources, useBackends, findings } = this.#deps;
    resources.remove("listener", `${ownListenerPrefix}${key}`);
    for (const name of this.#secretsOfPort.get(key) ?? []) resources.remove("secret", name);
    this.#secretsOfPort.delete(key);
    if (this.#httpPorts.delete(key) && this.#httpPorts.size === 0)
      for (const { type, name } of ownPortRest) resources.remove(type, name);
    useBackends(`port ${key}`, none);
    findings.delete(`port ${key}`);
  }

  /** Each port has its own, which come and go with it. */
  #buildSecrets(key: string, rules: readonly StreamRule[]): ReadonlyMap<StreamRule, string> {
    const { secrets, resources, layout } = this.#deps;
    const names = new Map<StreamRule, string>();
    for (const rule of rules) {
      const material = rule.secret && secrets.material(secretName(rule.secret));
      if (rule.secret === undefined || material === undefined) continue;
      const name = `${ownListenerName(rule.port)}/${secretName(rule.secret)}`;
      resources.set(buildSecret(name, material));
      names.set(rule, name);
    }
    const now = new Set(names.values());
    if (layout.ownPorts.listeners.sharesTickets === true) {
      for (const name of names.values()) {
        const tickets = buildTicketKeys(ticketsName(name), secrets.ticketKeys(name));
        resources.set(tickets);
        now.add(tickets.name);
      }
    }
    for (const name of this.#secretsOfPort.get(key) ?? [])
      if (!now.has(name)) resources.remove("secret", name);
    this.#secretsOfPort.set(key, now);
    return names;
  }
}

function backendsOf(rules: readonly Pick<StreamRule, "stream">[]): ReadonlyMap<string, Backend> {
  return new Map(rules.map(({ stream }) => [backendName(stream.backend), stream.backend]));
}

/** The gate's own port where an object's would be opened. */
function gateOwnPort(port: OwnPort, { ownPorts }: ListenerLayout): number | undefined {
  const { http, https } = ownPorts.ports;
  const opened = openedPort(port, ownPorts.ports);
  const isOurs = port.protocol !== "udp" && (opened === http || opened === https);
  return isOurs ? opened : undefined;
}

function portTaken(origin: StreamRule["origin"], port: number): Finding {
  return {
    severity: "error",
    reason: "PortTaken",
    origin,
    message: `port ${port} is the gate's own for HTTP or HTTPS, so nothing else is served there`,
    advice: "use another port, or move the gate's own with --http and --https",
  };
}

function wildcardMissed(origin: StreamRule["origin"]): Finding {
  return {
    severity: "error",
    reason: "WildcardNotPassedOn",
    origin,
    message:
      "with certificates on demand only exact hosts can be passed on; handshakes for this one are refused",
    advice: "name the hosts one by one, or set certificateLayout: chains in sekisho.yaml",
  };
}
