/**
 * The gateway as Envoy resources, kept up by change.
 *
 *   each server name → its certificate group       each host → a route configuration and its scope
 *   each backend in use → a cluster, its endpoints  each group → a secret, a filter chain
 *   all chains → the HTTPS listener                 all wildcard hosts → the wildcard index
 */

import type { FindingSet } from "#base/finding-set.ts";
import { sameJson } from "#base/json.ts";
import type { Graph } from "#base/tracked/graph.ts";
import { IndexByKey, type KeyListener } from "#base/tracked/index-by-key.ts";
import { Memo } from "#base/tracked/memo.ts";
import { watchKeys } from "#base/tracked/watch-keys.ts";
import { type Backend, backendName } from "#model/backend.ts";
import { type ChosenCertificate, secretName } from "#model/fragment.ts";
import { Gateway, refusedGroup } from "#model/gateway.ts";
import type { HandshakeAnswer } from "#model/handshake-answer.ts";
import { hostFromText } from "#model/host.ts";
import { normaliseHost } from "#model/lookup.ts";
import { type CertificateGroup, groupSecrets, type VirtualHost } from "#model/virtual-host.ts";
import { buildCluster } from "./clusters/cluster.ts";
import { buildEndpoints } from "./clusters/endpoints.ts";
import { buildUpstreamSecrets, upstreamSecretNames } from "./clusters/upstream-secrets.ts";
import { ChallengeChains } from "./listeners/challenge-chains.ts";
import { type EncodedChain, isSameChain, type ListenerLayout } from "./listeners/layout.ts";
import { onDemandFindings } from "./listeners/on-demand-findings.ts";
import { StreamResources } from "./listeners/stream-resources.ts";
import { resumes } from "./listeners/tls.ts";
import type { PolicyInputs } from "./policies/policy-parts.ts";
import { PolicyResources } from "./policies/policy-resources.ts";
import type { Resource, ResourceChange } from "./resource.ts";
import { ResourceSet } from "./resource-set.ts";
import { buildHostResources, hostResourceNames } from "./routes/host-resources.ts";
import { connectionOf } from "./routes/misdirected.ts";
import type { RouteOptions } from "./routes/route.ts";
import { buildWildcardIndex, type WildcardEntry } from "./routes/wildcard-index.ts";
import type { KeyMaterial, SecretSource } from "./secret-source.ts";
import { HandshakeSecrets, type WantedSecrets } from "./secrets/handshake-secrets.ts";
import { buildSecret } from "./secrets/secret.ts";
import { noServerName } from "./secrets/server-name.ts";

export interface GatewayInputs extends RouteOptions, PolicyInputs {
  readonly secrets: SecretSource;
  /** Tracked. What answers for a host: the gateway's own view, or that of a test that breaks it on purpose. */
  readonly virtualHost: (gateway: Gateway, host: string) => VirtualHost;
  /** A certificate that shows an authority that a name is ours; any will do. */
  readonly certifyHandshake: (answer: HandshakeAnswer) => KeyMaterial;
  /** The last word on every resource; the real one leaves them as they are. */
  readonly amend: (resource: Resource) => Resource;
}

/**
 * Stages of a flush; what feeds the gateway runs in stage 0. Hosts come late, since most of the work is theirs: a proxy
 * that begins can have the listeners by then, and of the hosts those done so far, with the backends that they lead to.
 */
const stage = {
  serverNames: 1,
  groups: 2,
  listeners: 3,
  backends: 4,
  hosts: 5,
  policies: 6,
  wildcards: 7,
} as const;
const all = "all";

export class GatewayResources {
  readonly gateway: Gateway;
  readonly resources: ResourceSet;
  /** What is shown to certificate authorities in handshakes. */
  readonly challenges: ChallengeChains;
  /** To be told which secrets proxies ask for by server name: see {@link takeDueSecrets}. */
  readonly secretsInUse: KeyListener;
  readonly #inputs: GatewayInputs;
  readonly #layout: ListenerLayout;
  readonly #findings: FindingSet;
  readonly #graph: Graph;
  readonly #backends: IndexByKey<Backend>;
  /** One of those of a name, which are all equal: that another host has it too is no news. */
  readonly #oneBackend: Memo<Backend | undefined>;
  /** What the cluster of a name was built from. */
  readonly #clusters = new Map<string, Backend>();
  /** By who leads there: a host, a port of its own, a host that is passed on. */
  readonly #backendsOfUser = new Map<string, ReadonlyMap<string, Backend>>();
  /** Certificate group → server names in it. */
  readonly #groups: IndexByKey<true>;
  readonly #groupOfServerName = new Map<string, string>();
  readonly #chains: IndexByKey<EncodedChain>;
  /** The same, for those who must not read all of them. */
  readonly #chainByName = new Map<string, EncodedChain>();
  readonly #wildcards: IndexByKey<WildcardEntry>;
  /** The same, to see whether one is news. */
  readonly #wildcardEntries = new Map<string, WildcardEntry>();
  readonly #policies: PolicyResources;
  readonly #secrets: HandshakeSecrets;
  readonly #dueSecrets = new Set<string>();

  constructor(graph: Graph, inputs: GatewayInputs, layout: ListenerLayout, findings: FindingSet) {
    this.#graph = graph;
    this.#inputs = inputs;
    this.resources = new ResourceSet(inputs.amend);
    this.#layout = layout;
    this.#findings = findings;
    const watch = (
      at: number,
      run: (key: string) => void,
      undo: (key: string) => void,
    ): KeyListener => watchKeys(graph, at, { run, undo });
    this.#backends = new IndexByKey(
      graph,
      watch(
        stage.backends,
        (name) => this.#buildBackend(name),
        (name) => this.#dropBackend(name),
      ),
    );
    this.#oneBackend = new Memo(graph, (name) => this.#backends.get(name).values().next().value, {
      onBug: () => undefined,
    });
    this.#groups = new IndexByKey(
      graph,
      watch(
        stage.groups,
        (group) => this.#buildGroup(group),
        (group) => this.#dropGroup(group),
      ),
    );
    this.#chains = new IndexByKey(graph);
    this.#wildcards = new IndexByKey(graph);
    this.#policies = new PolicyResources({
      ...{ graph, stage: stage.policies, inputs, resources: this.resources, findings },
    });
    const built = { stage: stage.groups, secrets: inputs.secrets, resources: this.resources };
    this.#secrets = new HandshakeSecrets({ graph, ...built });
    const { passthroughs, ports } = this.#createStreams();
    this.gateway = new Gateway(
      graph,
      {
        ...{ passthroughs, ports },
        hosts: watch(
          stage.hosts,
          (host) => this.#buildHost(host),
          (host) => this.#dropHost(host),
        ),
        serverNames: watch(
          stage.serverNames,
          (name) => this.#placeServerName(name),
          (name) => this.#leaveGroup(name),
        ),
      },
      {
        isUsable: (use) => this.#secrets.isUsable(wantedSecrets(use)),
        keyTypeFor: (secret, host) => this.#secrets.keyTypeFor(secretName(secret), host),
      },
    );
    this.challenges = this.#createChallenges();
    this.secretsInUse = watch(
      stage.listeners,
      (name) => this.#lookBehind(name),
      (name) => this.#dueSecrets.delete(name),
    );
    graph.watch(stage.hosts, () => findings.set("fallback", this.gateway.fallbackFindings()));
    graph.watch(stage.wildcards, () => this.#buildWildcards());
    graph.watch(stage.listeners, () => this.#buildListeners());
  }

  #createStreams(): StreamResources {
    return new StreamResources({
      ...{ graph: this.#graph, layout: this.#layout, findings: this.#findings },
      ...{ resources: this.resources, secrets: this.#inputs.secrets },
      stages: { passthroughs: stage.groups, listeners: stage.listeners },
      gateway: () => this.gateway,
      useBackends: (user, backends) => this.#useBackends(user, backends),
      placeChain: (name, chain) => this.#placeChain(name, chain),
    });
  }

  #createChallenges(): ChallengeChains {
    return new ChallengeChains({
      ...{ graph: this.#graph, layout: this.#layout, resources: this.resources },
      ...{ gateway: this.gateway, stage: stage.groups, certify: this.#inputs.certifyHandshake },
      placeChain: (name, chain) => this.#placeChain(name, chain),
    });
  }

  /**
   * Amid a flush: what is built already of what changed, once all that is left to do is hosts and what follows from
   * them; empty before.
   */
  takePart(): ResourceChange {
    if (this.#dueStage() < stage.backends) return { set: [], removed: [] };
    // Whoever was the last to be built may have been the first with its backend.
    if (this.#dueStage() === stage.backends) {
      this.#graph.flush(() => this.#dueStage() > stage.backends);
    }
    return this.resources.takeChange();
  }

  #dueStage(): number {
    return this.#graph.dueStage() ?? Number.POSITIVE_INFINITY;
  }

  /** Certificate groups that have a certificate. */
  get certificateCount(): number {
    const chains = [...this.#chains.get(all)];
    return chains.filter(
      ([name, { passesOn, proves }]) => name !== refusedGroup && !passesOn && !proves,
    ).length;
  }

  /** The secret that answers a handshake for a server name, named after it: for the layout that asks by name. */
  secretForServerName(name: string): Resource | undefined {
    const material = this.#materialForServerName(name);
    return material === undefined ? undefined : buildSecret(name, material);
  }

  /** Names among {@link secretsInUse} behind which something else may be since the last call. */
  takeDueSecrets(): readonly string[] {
    const due = [...this.#dueSecrets];
    this.#dueSecrets.clear();
    return due;
  }

  /** Reads what is behind a name, so that a change of it brings us here again. */
  #lookBehind(serverName: string): void {
    this.#materialForServerName(serverName);
    this.#dueSecrets.add(serverName);
  }

  #materialForServerName(name: string): KeyMaterial | undefined {
    const wanted = name === noServerName ? "*" : this.gateway.serverNameFor(normaliseHost(name));
    if (wanted === undefined || this.gateway.groupOfServerName(wanted) === refusedGroup)
      return undefined;
    const secret = this.gateway.certificateOf(wanted)?.use.secret;
    return secret && this.#inputs.secrets.material(secretName(secret));
  }

  #buildHost(host: string): void {
    const virtualHost = this.#inputs.virtualHost(this.gateway, host);
    const { routeStatistics } = this.#inputs;
    const { limitsClients, internalHeaders } = this.#layout;
    const guard = this.#layout.guard(virtualHost);
    const options = { routeStatistics, limitsClients, internalHeaders };
    const built = buildHostResources(virtualHost, guard, options);
    for (const resource of built.set) this.resources.set(resource);
    for (const { type, name } of built.removed) this.resources.remove(type, name);
    this.#index(host, virtualHost);
    this.#useBackends(`host ${host}`, backendsOf(virtualHost));
    this.#policies.use(host, virtualHost);
    this.#findings.set(`host ${host}`, virtualHost.findings);
  }

  /** The host for all that is left needs no entry, unless connections are looked up in the index too. */
  #index(host: string, { host: { kind }, certificateGroup, clients, ports }: VirtualHost): void {
    const { byServerName } = this.#layout;
    if (kind === "exact" || (kind === "any" && !byServerName)) return;
    // Who is asked for a certificate comes over another chain than those who are known by their server name.
    const group = clients === undefined ? certificateGroup : undefined;
    const connection = byServerName ? connectionOf(group) : (true as const);
    const entry: WildcardEntry = { connection, isAtOwnPort: ports !== undefined };
    if (sameJson(this.#wildcardEntries.get(host), { ...entry })) return;
    this.#wildcardEntries.set(host, entry);
    this.#wildcards.set(all, host, entry);
  }

  #dropHost(host: string): void {
    for (const { type, name } of hostResourceNames(host)) this.resources.remove(type, name);
    this.#wildcards.delete(all, host);
    this.#wildcardEntries.delete(host);
    this.#useBackends(`host ${host}`, new Map());
    this.#policies.use(host);
    this.#findings.delete(`host ${host}`);
  }

  #useBackends(user: string, now: ReadonlyMap<string, Backend>): void {
    for (const [name, backend] of now) this.#backends.set(name, user, backend);
    for (const name of this.#backendsOfUser.get(user)?.keys() ?? []) {
      if (!now.has(name)) this.#backends.delete(name, user);
    }
    if (now.size === 0) this.#backendsOfUser.delete(user);
    else this.#backendsOfUser.set(user, now);
  }

  #buildBackend(name: string): void {
    const backend = this.#oneBackend.get(name);
    if (backend === undefined) return;
    const { endpoints, findings } = this.#inputs.endpoints(backend);
    // A flip of endpoints is no news of the cluster.
    if (this.#clusters.get(name) !== backend) this.resources.set(buildCluster(backend));
    this.#clusters.set(name, backend);
    for (const secret of buildUpstreamSecrets(backend, this.#inputs)) this.resources.set(secret);
    this.resources.set(buildEndpoints(backendName(backend), endpoints));
    this.#findings.set(`backend ${name}`, findings);
  }

  #dropBackend(name: string): void {
    const backend = this.#clusters.get(name);
    this.#clusters.delete(name);
    for (const secret of backend === undefined ? [] : upstreamSecretNames(backend))
      this.resources.remove(secret.type, secret.name);
    this.resources.remove("cluster", name);
    this.resources.remove("endpoints", name);
    this.#findings.delete(`backend ${name}`);
  }

  #placeServerName(name: string): void {
    const choice = this.gateway.certificateOf(name);
    if (choice === undefined) {
      // Named only by objects that do not have the host: as if nobody named it.
      this.#leaveGroup(name);
      return;
    }
    const group = this.gateway.groupOfServerName(name);
    const before = this.#groupOfServerName.get(name);
    const missed = this.#layout.byServerName ? onDemandFindings(name, choice.use) : [];
    this.#findings.set(`server name ${name}`, [...choice.findings, ...missed]);
    if (before === group) return;
    this.#groups.set(group, name, true);
    if (before !== undefined) this.#groups.delete(before, name);
    this.#groupOfServerName.set(name, group);
  }

  #leaveGroup(name: string): void {
    const group = this.#groupOfServerName.get(name);
    if (group !== undefined) this.#groups.delete(group, name);
    this.#groupOfServerName.delete(name);
    this.#findings.delete(`server name ${name}`);
  }

  #buildGroup(name: string): void {
    const serverNames = [...this.#groups.get(name).keys()];
    const use = name === refusedGroup ? undefined : this.#useIn(serverNames);
    const group: CertificateGroup = {
      name,
      hosts: serverNames.map(hostFromText),
      ...(use === undefined ? {} : groupSecrets(use)),
      ...(use?.clients === undefined ? {} : { clients: use.clients }),
    };
    const tickets = this.#layout.sharesTickets && resumes(group) ? { tickets: name } : {};
    this.#secrets.use(name, use && { ...wantedSecrets(use), ...tickets });
    this.#placeChain(name, this.#layout.encodeChain(group));
  }

  /** It is alike for all server names of a group. */
  #useIn(serverNames: readonly string[]): ChosenCertificate | undefined {
    const [first] = serverNames;
    return first === undefined ? undefined : this.gateway.certificateOf(first)?.use;
  }

  #dropGroup(name: string): void {
    this.#secrets.use(name);
    this.#placeChain(name, undefined);
  }

  #placeChain(name: string, chain: EncodedChain | undefined): void {
    if (chain === undefined) {
      this.#chainByName.delete(name);
      this.#chains.delete(all, name);
      return;
    }
    // New key material behind the same name is no news of the listener.
    if (isSameChain(this.#chainByName.get(name), chain)) return;
    this.#chainByName.set(name, chain);
    this.#chains.set(all, name, chain);
  }

  #buildWildcards(): void {
    this.resources.set(buildWildcardIndex(this.#wildcards.get(all)));
  }

  #buildListeners(): void {
    for (const listener of this.#layout.build(this.#chains.get(all))) this.resources.set(listener);
  }
}

function wantedSecrets({ secret, partner, clients }: ChosenCertificate): WantedSecrets {
  return {
    certificate: secretName(secret),
    ...(partner === undefined ? {} : { partner: secretName(partner) }),
    ...(clients === undefined ? {} : { authorities: secretName(clients.authorities) }),
  };
}

function backendsOf(virtualHost: VirtualHost): ReadonlyMap<string, Backend> {
  const backends = virtualHost.routes.flatMap(({ action }) =>
    action.kind === "forward" ? [action.backend] : [],
  );
  return new Map(backends.map((backend) => [backendName(backend), backend]));
}
