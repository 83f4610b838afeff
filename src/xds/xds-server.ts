/** The xDS server: what is published reaches every proxy as a delta, and every answer is remembered. */

import type { ConnectRouter } from "@connectrpc/connect";
import type { ResourceChange, ResourceType } from "#envoy/resource.ts";
import { AggregatedDiscoveryService } from "#gen/envoy/service/discovery/v3/ads_pb.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { SecretDiscoveryService } from "#gen/envoy/service/secret/v3/sds_pb.ts";
import type { AskedNames, ResolveSecret } from "./on-demand-secrets.ts";
import { OnDemandSecrets } from "./on-demand-secrets.ts";
import type { HeldName } from "./ordering/ordering.ts";
import { additionOrder } from "./ordering/resource-order.ts";
import type { Programmed } from "./programmed.ts";
import { PublishedResources } from "./published-resources.ts";
import type { Verdict } from "./quarantine/quarantine.ts";
import { Settlement } from "./settlement.ts";
import type { ProxyStream } from "./streams/proxy-stream.ts";
import type { StreamKind } from "./streams/stream-kind.ts";
import type { StreamLimits } from "./streams/stream-limits.ts";
import { defaultLimits } from "./streams/stream-limits.ts";
import {
  type NameStanding,
  StreamRegistry,
  type StreamRegistryDeps,
} from "./streams/stream-registry.ts";
import type { TypeStatus } from "./streams/stream-status.ts";
import type { StreamIdentity, XdsListener } from "./xds-events.ts";

export interface XdsServerDeps extends StreamRegistryDeps {
  /** Finds secrets that are not published, by the name a proxy asks for (the server name of a handshake). Default: there are none. */
  readonly resolveSecret?: ResolveSecret;
  /** Hears which of those are asked for; answered by {@link XdsServer.refreshSecrets}. Default: nobody. */
  readonly secretsInUse?: AskedNames;
}

export interface ProxyStatus extends StreamIdentity {
  readonly kind: StreamKind;
  readonly connectedSince: Temporal.Instant;
  readonly types: readonly TypeStatus[];
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
