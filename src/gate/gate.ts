/** One gate: a store's objects, through the pipeline, to the proxies that connect. */

import type { FindingChange } from "#base/finding.ts";
import type { KeyListener } from "#base/tracked/index-by-key.ts";
import { secretReaders } from "#certificates/secret-readers.ts";
import type { DialectSettings } from "#dialects/dialect.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import type { ResourceChange } from "#envoy/resource.ts";
import type { KindId } from "#kinds/object.ts";
import { Pipeline, realSteps, type Steps } from "#pipeline.ts";
import type { SessionTickets } from "#proxies/session-tickets/ticket-keeper.ts";
import type { Clock } from "#runtime/clock.ts";
import type {
  Http2Address,
  Http2Handler,
  Http2Listener,
  Http2Server,
} from "#runtime/http/http2-server.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Counter, Gauge, Metrics } from "#runtime/telemetry/metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { createHttp2Handler } from "#xds/http2-handler.ts";
import { createXdsServer, type XdsServer } from "#xds/xds-server.ts";
import { type Applied, feedPipeline, flush } from "./feed.ts";
import { FirstPublication } from "./first-publication.ts";
import { createExternalNames } from "./ports/external-names.ts";
import { loadVerdicts } from "./quarantine/verdict-record.ts";
import { followVerdicts } from "./quarantine/verdicts.ts";

export interface GateDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly http2: Http2Server;
  readonly lookup: NameLookup;
  readonly store: ObjectStore;
}

export interface GateSettings {
  /** Where proxies find our xDS. */
  readonly xdsAddress: Http2Address;
  /** Puts before xDS what decides who is let through. Default: who reaches the address is. */
  readonly admitProxies?: (xds: Http2Handler) => Http2Handler;
  /** Whether proxies may reach other gates under the same address. Default: false. */
  readonly isReplicated?: boolean;
  readonly layout: ListenerLayout;
  /** Needed where the layout shares them. */
  readonly sessionTickets?: Pick<SessionTickets, "current" | "subscribe">;
  readonly dialects: DialectSettings;
  /** Told after every change that was published, with how long it took. */
  readonly onApplied: (applied: Applied, change: ResourceChange) => void;
  /** Whether Envoy counts the requests of each route. Default: no. */
  readonly routeStatistics?: boolean;
  /** Hears what comes and goes of the pipeline's findings. */
  readonly onFindings?: (change: FindingChange) => void;
  /** Hears of objects (`formatKey`) that may be served now, or no longer. */
  readonly onClaim?: (key: string) => void;
  /** Runs when proxies can connect and before the store is listed: who starts any does it here. Default: nothing. */
  readonly startProxies?: () => Promise<void>;
  /** The kinds that the store is followed for. Default: all there are. */
  readonly kinds?: readonly KindId[];
  /** Where the record of what Envoy refuses is, and whether it is written. Default: `sekisho-system`, written. */
  readonly verdicts?: { readonly namespace: string; readonly kept: boolean };
  /** Kinds whose own findings somebody else gives. */
  readonly judgedElsewhere?: readonly string[];
  /** The steps of the pipeline; the real ones when absent. */
  readonly steps?: (real: Steps) => Steps;
}

export interface Gate {
  readonly pipeline: Pipeline;
  readonly xds: XdsServer;
  /** Resolves when every object of the store was taken once and published. */
  readonly listed: Promise<void>;
  /** Where proxies connect. */
  readonly listener: Http2Listener;
  /** Ends the gate; proxies keep what they have. */
  readonly close: () => Promise<void>;
  /** Rejects when the store cannot be followed any more; never resolves before {@link close}. */
  readonly failed: Promise<void>;
}

const usualVerdicts = { namespace: "sekisho-system", kept: true };

/** Listens for proxies and follows the store. Throws Http2ServerError when the xDS address cannot be had. */
export async function startGate(deps: GateDeps, settings: GateSettings): Promise<Gate> {
  const { kept, namespace } = settings.verdicts ?? usualVerdicts;
  const place = { store: deps.store, namespace };
  const stopping = new AbortController();
  const listed = Promise.withResolvers<void>();
  const { bugs, liveNodes } = createGateMetrics(deps.metrics);
  const names = createExternalNames({
    clock: deps.clock,
    lookup: deps.lookup,
    changed: (name, addresses) => {
      pipeline.setAddresses(name, addresses);
      republish();
    },
  });
  const pipeline = createPipeline(deps, settings, { names, bugs });
  const xds = createXdsServer({
    ...deps,
    isReplicated: settings.isReplicated ?? false,
    verdicts: await loadVerdicts(place),
    resolveSecret: (name) => pipeline.secretForServerName(name),
    secretsInUse: pipeline.secretsInUse,
  });
  const first = new FirstPublication(xds, names);
  const republish = (): void =>
    void flush({ clock: deps.clock, pipeline }).then(() =>
      publish(pipeline.takeChange(), { objects: 0, milliseconds: 0 }),
    );
  const publish = (change: ResourceChange, applied: Applied): void => {
    first.publish(change);
    xds.refreshSecrets(pipeline.takeDueSecrets());
    liveNodes.set(pipeline.counts().live);
    settings.onApplied(applied, first.whole(change));
  };
  const undoQuarantine = followVerdicts(
    { ...deps, ...(kept ? { place } : {}) },
    { xds, pipeline, publish },
  );
  const unsubscribe = settings.sessionTickets?.subscribe((keys) => {
    pipeline.setTicketKeys(keys);
    republish();
  });
  const listener = await listenForProxies(deps, settings, xds);
  await settings.startProxies?.();
  const publishPart = (part: ResourceChange): void => first.part(part);
  const failed = feedPipeline(
    { ...deps, pipeline, publish, publishPart, kinds: settings.kinds },
    () => void first.complete().then(listed.resolve),
    stopping.signal,
  );
  failed.catch(listed.reject);
  return {
    pipeline,
    xds,
    listed: listed.promise,
    listener,
    failed,
    close: async () => {
      stopping.abort();
      unsubscribe?.();
      undoQuarantine();
      names.stop();
      xds.close();
      await listener.close();
      await failed;
    },
  };
}

function createPipeline(
  { log }: GateDeps,
  settings: GateSettings,
  { names, bugs }: { readonly names: KeyListener; readonly bugs: Counter },
): Pipeline {
  const real = realSteps(settings.dialects, secretReaders);
  return new Pipeline({
    steps: settings.steps?.(real) ?? real,
    layout: settings.layout,
    namesInUse: names,
    routeStatistics: settings.routeStatistics ?? false,
    judgedElsewhere: settings.judgedElsewhere ?? [],
    ...(settings.sessionTickets && { ticketKeys: settings.sessionTickets.current() }),
    ...(settings.onFindings === undefined ? {} : { onFindings: settings.onFindings }),
    ...(settings.onClaim === undefined ? {} : { onClaim: settings.onClaim }),
    onBug: (error) => {
      bugs.add(1);
      log.error("a bug of ours was contained", { [logFields.error]: errorText(error) });
    },
  });
}

async function listenForProxies(
  { http2 }: GateDeps,
  { xdsAddress, admitProxies }: GateSettings,
  { routes }: XdsServer,
): Promise<Http2Listener> {
  const handler = createHttp2Handler(routes);
  return await http2.listen(xdsAddress, admitProxies?.(handler) ?? handler);
}

function createGateMetrics(metrics: Metrics): {
  readonly bugs: Counter;
  readonly liveNodes: Gauge;
} {
  return {
    bugs: metrics.counter("sekisho_internal_errors_total", "Bugs of ours that were contained."),
    liveNodes: metrics.gauge(
      "sekisho_live_nodes",
      "Tracked values that are kept up: as many as the world holds.",
    ),
  };
}
