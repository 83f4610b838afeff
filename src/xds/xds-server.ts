/** The xDS server: what is published reaches every proxy as a delta, and every answer is remembered. */

import type { ConnectRouter } from "@connectrpc/connect";
import type { ResourceChange, ResourceName, ResourceType } from "#envoy/resource.ts";
import { AggregatedDiscoveryService } from "#gen/envoy/service/discovery/v3/ads_pb.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { SecretDiscoveryService } from "#gen/envoy/service/secret/v3/sds_pb.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log, LogFields } from "#runtime/log.ts";
import { logFields } from "#runtime/log-fields.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { AskedNames, ResolveSecret } from "./on-demand-secrets.ts";
import { OnDemandSecrets } from "./on-demand-secrets.ts";
import type { HeldName } from "./ordering/ordering.ts";
import { absentVersion } from "./ordering/possession.ts";
import { additionOrder, parseTypeUrl } from "./ordering/resource-order.ts";
import type { Programmed } from "./programmed.ts";
import { ProgrammedWaiters } from "./programmed.ts";
import { PublishedResources } from "./published-resources.ts";
import { Quarantine, type Verdict } from "./quarantine/quarantine.ts";
import { ResourceView } from "./resource-view.ts";
import { Settlement } from "./settlement.ts";
import type { StreamDeps } from "./streams/proxy-stream.ts";
import { ProxyStream } from "./streams/proxy-stream.ts";
import { limitError, serveDelta } from "./streams/serve-delta.ts";
import type { StreamKind } from "./streams/stream-kind.ts";
import type { StreamLimits } from "./streams/stream-limits.ts";
import { defaultLimits, envoyVersion, parseNodeId } from "./streams/stream-limits.ts";
import type { TypeStatus } from "./streams/stream-status.ts";
import type { NameState } from "./streams/subscription.ts";
import type { StreamIdentity, XdsListener } from "./xds-events.ts";
import { XdsEvents } from "./xds-events.ts";
import { createXdsMetrics } from "./xds-metrics.ts";

export interface XdsServerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Finds secrets that are not published, by the name a proxy asks for (the server name of a handshake). Default: there are none. */
  readonly resolveSecret?: ResolveSecret;
  /** Hears which of those are asked for; answered by {@link XdsServer.refreshSecrets}. Default: nobody. */
  readonly secretsInUse?: AskedNames;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Partial<StreamLimits>;
  /** What an earlier run knew to be refused. Default: nothing. */
  readonly verdicts?: readonly Verdict[];
}

export interface ProxyStatus extends StreamIdentity {
  readonly kind: StreamKind;
  readonly connectedSince: Temporal.Instant;
  readonly types: readonly TypeStatus[];
}

/** Where one name stands at one proxy. */
export interface NameStanding extends StreamIdentity {
  readonly state: NameState;
}

export interface XdsServer {
  /** Adds the services to a Connect router; the listening socket belongs to the caller. */
  readonly routes: (router: ConnectRouter) => void;
  /** Makes a change known. What is published in one turn of the event loop travels together. */
  readonly publish: (change: ResourceChange) => void;
  /**
   * Declares that every source was listed, while what follows from that is still being published: until {@link open} a
   * proxy that has nothing is told what there is, and never that something is not there.
   */
  readonly begin: () => void;
  /**
   * Declares that all there is of these types (default: of every type) was published once. Before that a
   * proxy is told nothing of them, but for {@link begin}; after it, a name that is absent is answered as removed.
   */
  readonly open: (types?: readonly ResourceType[]) => void;
  /** Looks again behind secrets found on demand: those among `names` that proxies ask for now, else all of these. */
  readonly refreshSecrets: (names?: Iterable<string>) => void;
  /** Names of secrets that proxies ask for now. */
  readonly askedSecrets: () => readonly string[];
  /**
   * Resolves once at least `minProxies` (default 1) aggregated streams are open and every open stream has
   * acknowledged or refused what was published up to this call. Endpoints and secrets count once asked for.
   */
  readonly programmed: (options?: {
    readonly minProxies?: number;
    readonly signal?: AbortSignal;
  }) => Promise<Programmed>;
  /** Where a name at a version (undefined: its absence) stands at each aggregated stream. */
  readonly standings: (
    type: ResourceType,
    name: string,
    version: string | undefined,
  ) => readonly NameStanding[];
  /** True when at least one proxy is connected and each has acknowledged the name at that version; for a secret it is enough that none waits for it. */
  readonly isAcknowledged: (
    type: ResourceType,
    name: string,
    version: string | undefined,
  ) => boolean;
  /** What every proxy has answered for, name by name. */
  readonly settlement: Settlement;
  /** What is refused now, one entry for each version of Envoy that refuses it. */
  readonly verdicts: () => readonly Verdict[];
  /** What waits at a proxy for more than 30 s. */
  readonly held: () => readonly (StreamIdentity & HeldName)[];
  /** Sends names again that were refused at the content they have now. */
  readonly retry: (type: ResourceType, names: readonly string[]) => void;
  /** Every open stream, oldest first. */
  readonly proxies: () => readonly ProxyStatus[];
  /** Hears of connections and answers; the returned function stops it. */
  readonly subscribe: (listener: XdsListener) => () => void;
  /** Ends every stream; proxies keep what they have and come back. */
  readonly close: () => void;
}

/** Creates the server; it listens nowhere by itself. */
export function createXdsServer(deps: XdsServerDeps): XdsServer {
  const published = new PublishedResources();
  const onDemand = new OnDemandSecrets(deps.resolveSecret ?? (() => undefined), deps.secretsInUse);
  const registry = new StreamRegistry(deps, published, onDemand);
  const limits = { ...defaultLimits, ...deps.limits };
  const refreshSecrets = (names: Iterable<string> = [...onDemand.names()]): void => {
    registry.changed(onDemand.refresh(names).map((name) => ({ type: "secret", name })));
  };
  return {
    routes: (router) => addRoutes(router, registry, limits),
    publish: (change) => {
      const changed = published.apply(change);
      registry.changed([...changed, ...registry.quarantine.replaced(changed)]);
      registry.waiters.check();
    },
    begin: () => {
      published.begin();
      for (const stream of registry.streams) stream.onWork();
    },
    open: (types = additionOrder) => {
      for (const type of types) published.open(type);
      if (types.includes("secret")) refreshSecrets();
      for (const stream of registry.streams) stream.opened();
    },
    refreshSecrets,
    askedSecrets: () => [...onDemand.names()],
    programmed: ({ minProxies = 1, signal } = {}) => registry.waiters.wait(minProxies, signal),
    standings: (type, name, version) => registry.standings(type, name, version),
    isAcknowledged: (type, name, version) => {
      const standings = registry.standings(type, name, version);
      const fine = ({ state }: NameStanding): boolean =>
        state === "acknowledged" || (state === "unasked" && type === "secret");
      return standings.length > 0 && standings.every(fine);
    },
    settlement: new Settlement(published, registry.streams),
    verdicts: () => registry.quarantine.verdicts(),
    held: () =>
      [...registry.streams].flatMap((stream) =>
        stream.held().map((held) => ({ ...stream.identity, ...held })),
      ),
    retry: (type, names) => {
      registry.quarantine.retry(type, names);
      for (const stream of registry.streams) stream.retry(type, names);
    },
    proxies: () => [...registry.streams].map(statusOf),
    subscribe: (listener) => registry.events.subscribe(listener),
    close: () => registry.stop(),
  };
}

function statusOf(stream: ProxyStream): ProxyStatus {
  const { identity, kind, connectedSince } = stream;
  return { ...identity, kind, connectedSince, types: stream.status() };
}

function addRoutes(router: ConnectRouter, registry: StreamRegistry, limits: StreamLimits): void {
  const options = { readMaxBytes: limits.maxRequestBytes, acceptCompression: [] };
  const aggregated = (requests: AsyncIterable<DeltaDiscoveryRequest>): Responses =>
    registry.serve(requests, "aggregated");
  const secrets = (requests: AsyncIterable<DeltaDiscoveryRequest>): Responses =>
    registry.serve(requests, "secrets");
  router.service(AggregatedDiscoveryService, { deltaAggregatedResources: aggregated }, options);
  router.service(SecretDiscoveryService, { deltaSecrets: secrets }, options);
}

type Responses = AsyncIterable<DeltaDiscoveryResponse>;

function streamFields({ identity, kind }: ProxyStream): LogFields {
  return {
    [logFields.proxy]: identity.proxy,
    [logFields.stream]: identity.stream,
    [logFields.kind]: kind,
  };
}

/** The open streams, and what each of them needs. */
class StreamRegistry {
  readonly streams = new Set<ProxyStream>();
  readonly events = new XdsEvents();
  readonly waiters: ProgrammedWaiters;
  readonly quarantine: Quarantine;
  readonly #published: PublishedResources;
  readonly #views = new Map<string, ResourceView>();
  readonly #onDemand: OnDemandSecrets;
  readonly #streamDeps: Omit<StreamDeps, "view">;
  readonly #stopping = new AbortController();
  #opened = 0;

  constructor(deps: XdsServerDeps, published: PublishedResources, onDemand: OnDemandSecrets) {
    this.waiters = new ProgrammedWaiters(published, this.streams);
    this.#published = published;
    this.#onDemand = onDemand;
    this.quarantine = new Quarantine({
      published,
      verdicts: deps.verdicts ?? [],
      changed: () => this.events.verdicts(),
      offered: (names) => this.changed(names),
    });
    this.#streamDeps = {
      clock: deps.clock,
      log: deps.log,
      metrics: createXdsMetrics(deps.metrics),
      events: this.events,
      isOpen: (type) => published.isOpen(type),
      hasBegun: () => published.hasBegun,
      limits: { ...defaultLimits, ...deps.limits },
      beside: (stream) => this.#beside(stream),
    };
  }

  /** What is offered under these names changed. */
  changed(names: readonly ResourceName[]): void {
    for (const stream of this.streams) stream.changed(names, this.#published.revision);
  }

  serve(requests: AsyncIterable<DeltaDiscoveryRequest>, kind: StreamKind): Responses {
    return serveDelta(requests, {
      open: (first) => this.#open(first, kind),
      received: () => this.waiters.check(),
      close: (stream) => this.#close(stream),
      stopping: this.#stopping.signal,
    });
  }

  standings(
    type: ResourceType,
    name: string,
    version: string | undefined,
  ): readonly NameStanding[] {
    return [...this.streams]
      .filter(({ kind }) => kind === "aggregated")
      .map((stream) => ({
        ...stream.identity,
        state: stream.state(type, name, version ?? absentVersion),
      }));
  }

  stop(): void {
    this.#stopping.abort();
  }

  #open(first: DeltaDiscoveryRequest, kind: StreamKind): ProxyStream {
    const proxy = parseNodeId(first, this.#streamDeps.limits);
    if (!proxy.ok) throw limitError(proxy.error);
    this.#opened += 1;
    const identity = { proxy: proxy.value, stream: this.#opened };
    const view = this.#viewOf(envoyVersion(first));
    // Over one service, as both ask for everything there is for them; who asks for policies is an adapter.
    const isAdapter = kind === "aggregated" && parseTypeUrl(first.typeUrl) === "policy";
    const stream = new ProxyStream(
      { ...this.#streamDeps, view },
      identity,
      isAdapter ? "policies" : kind,
    );
    this.streams.add(stream);
    this.#streamDeps.metrics.streams.set(this.streams.size);
    this.#streamDeps.log.info("a proxy connected", streamFields(stream));
    this.events.connected(identity);
    return stream;
  }

  /** An adapter's Envoys, in a hot restart two; an Envoy's adapter. */
  #beside({ identity, kind }: ProxyStream): readonly ProxyStream[] {
    const wanted = kind === "policies" ? "aggregated" : "policies";
    return [...this.streams].filter(
      (stream) => stream.kind === wanted && stream.identity.proxy === identity.proxy,
    );
  }

  #viewOf(envoy: string): ResourceView {
    const known = this.#views.get(envoy);
    if (known !== undefined) return known;
    const { quarantine } = this;
    const view = new ResourceView({
      ...{ published: this.#published, onDemand: this.#onDemand, quarantine, envoy },
    });
    this.#views.set(envoy, view);
    return view;
  }

  #close(stream: ProxyStream): void {
    if (!this.streams.delete(stream)) return;
    stream.close();
    this.#streamDeps.metrics.streams.set(this.streams.size);
    this.#streamDeps.log.info("a proxy disconnected", streamFields(stream));
    this.events.disconnected(stream.identity);
    this.waiters.check();
  }
}
