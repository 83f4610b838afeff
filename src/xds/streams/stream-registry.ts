/** The open streams, and what each of them needs. */

import type { ResourceName, ResourceType } from "#envoy/resource.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log, LogFields } from "#runtime/telemetry/log.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { OnDemandSecrets } from "../on-demand-secrets.ts";
import { absentVersion } from "../ordering/possession.ts";
import { parseTypeUrl } from "../ordering/resource-order.ts";
import { ProgrammedWaiters } from "../programmed.ts";
import type { PublishedResources } from "../published-resources.ts";
import { Quarantine, type Verdict } from "../quarantine/quarantine.ts";
import { ResourceView } from "../resource-view.ts";
import { type StreamIdentity, XdsEvents } from "../xds-events.ts";
import { createXdsMetrics } from "../xds-metrics.ts";
import { ProxyStream, type StreamDeps } from "./proxy-stream.ts";
import { limitError, serveDelta } from "./serve-delta.ts";
import { StrayAdapters } from "./stray-adapters.ts";
import type { StreamKind } from "./stream-kind.ts";
import { defaultLimits, envoyVersion, parseNodeId, type StreamLimits } from "./stream-limits.ts";
import type { NameState } from "./subscription.ts";

export interface StreamRegistryDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Partial<StreamLimits>;
  /** What an earlier run knew to be refused. Default: nothing. */
  readonly verdicts?: readonly Verdict[];
  /** Whether proxies reach other replicas under the same address: see {@link StrayAdapters}. Default: false. */
  readonly isReplicated?: boolean;
}

/** Where one name stands at one proxy. */
export interface NameStanding extends StreamIdentity {
  readonly state: NameState;
}

export class StreamRegistry {
  readonly streams = new Set<ProxyStream>();
  readonly events = new XdsEvents();
  readonly waiters: ProgrammedWaiters;
  readonly quarantine: Quarantine;
  readonly #published: PublishedResources;
  readonly #views = new Map<string, ResourceView>();
  readonly #onDemand: OnDemandSecrets;
  readonly #streamDeps: Omit<StreamDeps, "view">;
  readonly #stopping = new AbortController();
  readonly #strays: StrayAdapters | undefined;
  #opened = 0;

  constructor(deps: StreamRegistryDeps, published: PublishedResources, onDemand: OnDemandSecrets) {
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
    const { isReplicated = false } = deps;
    if (isReplicated) this.#strays = new StrayAdapters(deps.clock, this.streams);
  }

  /** What is offered under these names changed. */
  changed(names: readonly ResourceName[]): void {
    for (const stream of this.streams) stream.changed(names, this.#published.revision);
  }

  serve(
    requests: AsyncIterable<DeltaDiscoveryRequest>,
    kind: StreamKind,
  ): AsyncIterable<DeltaDiscoveryResponse> {
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
    this.#strays?.look();
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
    this.#strays?.look();
    this.waiters.check();
  }
}

function streamFields({ identity, kind }: ProxyStream): LogFields {
  return {
    [logFields.proxy]: identity.proxy,
    [logFields.stream]: identity.stream,
    [logFields.kind]: kind,
  };
}
