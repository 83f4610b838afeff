/**
 * The gate of a cluster: the API server's objects → pipeline → every proxy that connects over mutual TLS.
 *
 * Every replica translates and serves; the one that leads writes statuses and Events.
 */

import type { Finding, FindingChange } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import type { ResourceChange } from "#envoy/resource.ts";
import { formatKey } from "#kinds/object.ts";
import { admitOnly } from "#proxies/kubernetes/xds-admission.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Http2Address, Http2Server, TlsIdentity } from "#runtime/http2-server.ts";
import type { Log } from "#runtime/log.ts";
import { errorText, logFields } from "#runtime/log-fields.ts";
import type { Metrics } from "#runtime/metrics.ts";
import type { NameLookup } from "#runtime/name-lookup.ts";
import type { Random } from "#runtime/random.ts";
import { startClusterSource } from "#sources/cluster/cluster-source.ts";
import { createClusterEvents } from "#status/cluster-events.ts";
import { coalesced } from "#status/coalesced.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import {
  type CertificateLayout,
  chooseCertificateLayout,
  layoutFindings,
} from "../certificate-layout.ts";
import type { Applied } from "../feed.ts";
import { FindingBoard } from "../finding-board.ts";
import { type Gate, startGate } from "../gate.ts";
import { createListenerLayout, type ListenerLayoutSettings } from "../listener-layout.ts";
import { followRefusals } from "../quarantine/refusals.ts";
import { createReporting } from "../reporting.ts";
import { type Leadership, type LeadershipDeps, seekLeadership } from "./leadership.ts";
import { type PublishedAddress, PublishedAddresses } from "./published-address.ts";
import { secretsOf, servedKinds } from "./served-objects.ts";

export interface ClusterGateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http2: Http2Server;
  readonly lookup: NameLookup;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: KubernetesStore;
}

export interface ClusterGateSettings extends ListenerLayoutSettings {
  /** Where the lease is, and everything else that is ours. */
  readonly systemNamespace: string;
  /** Tells the replicas apart. */
  readonly identity: string;
  /** Where objects are read; those of the system's namespace are besides. */
  readonly namespaces: "all" | readonly string[];
  /** Where Secrets are read; undefined: where objects are. */
  readonly secretNamespaces: readonly string[] | undefined;
  readonly xds: Extract<Http2Address, { readonly kind: "tls" }>;
  readonly ingressClasses: "all" | readonly string[];
  readonly certificateLayout: CertificateLayout | undefined;
  readonly routeStatistics: boolean;
  readonly published: PublishedAddress;
  /** `observe`: traffic is served, and nothing is written to anybody's object. */
  readonly gates: "own" | "observe";
  readonly onEvent: (event: ClusterGateEvent) => void;
}

export type ClusterGateEvent =
  | { readonly kind: "applied"; readonly applied: Applied; readonly change: ResourceChange }
  | { readonly kind: "findings"; readonly change: FindingChange }
  | { readonly kind: "leadership"; readonly isLeader: boolean }
  /** The gate cannot go on. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface ClusterGate {
  readonly gate: Gate;
  readonly layout: CertificateLayout;
  readonly findings: () => readonly Finding[];
  /** False in a gate that only observes. */
  readonly isLeader: () => boolean;
  /** Where clients reach the proxies, as statuses say it. */
  readonly addresses: () => PublishedAddresses["now"];
  /** Shows proxies another certificate from the next handshake on. */
  readonly replaceIdentity: (identity: TlsIdentity) => void;
  readonly stop: () => Promise<void>;
}

/** A status does not wait longer for proxies that do not answer. */
const longestWait = Temporal.Duration.from({ seconds: 10 });

/** Lists what is there, then serves. Throws Http2ServerError when the xDS address cannot be had, StoreError when nothing can be read. */
export async function startClusterGate(
  outside: ClusterGateDeps,
  settings: ClusterGateSettings,
): Promise<ClusterGate> {
  await using undo = new AsyncDisposableStack();
  const source = startClusterSource(outside, {
    kinds: servedKinds,
    namespaces: namespacesOf(settings),
    ...(settings.secretNamespaces && { secretNamespaces: settings.secretNamespaces }),
    secretsOf,
    changed: (findings) => board.replace("cluster", findings),
  });
  undo.defer(() => source.close());
  const deps = { ...outside, store: source.store };
  // What a cluster holds besides is other people's: nobody asked us about it.
  const isOurs = ({ origin }: Finding): boolean => gate.pipeline.claimed.has(formatKey(origin));
  const statusOf = (key: string): Json | undefined => gate.pipeline.statusOf(key);
  const addresses = new PublishedAddresses(settings.published, statusOf);
  const events = clusterEvents(deps, settings);
  const claimed = (): ReadonlyMap<string, string> => gate.pipeline.claimed;
  const state = { claimed, addresses: () => addresses.now, statusOf, isOurs };
  const reporting = createReporting({ ...deps, events }, state);
  const board = new FindingBoard((change) => {
    reporting.found(change);
    settings.onEvent({ kind: "findings", change });
  });
  const seat: { leadership?: Leadership | undefined } = {};
  const report = coalesced(async () => {
    if (seat.leadership?.isLeader() !== true) return;
    await untilProgrammed(deps, gate);
    await reporting.serve();
    await reporting.record();
  });
  const layout = await chooseCertificateLayout(deps.store, settings.certificateLayout);
  const gate = await startGate(deps, {
    xdsAddress: settings.xds,
    admitProxies: (xds) => admitOnly({ namespace: settings.systemNamespace, role: "proxy" }, xds),
    kinds: servedKinds.map(({ id }) => id),
    verdicts: { namespace: settings.systemNamespace, kept: settings.gates === "own" },
    layout: createListenerLayout(settings, layout, { kind: "stdout" }),
    dialects: { servedClasses: settings.ingressClasses },
    routeStatistics: settings.routeStatistics,
    onFindings: (change) => board.gather(change),
    onClaim: reporting.claimChanged,
    onApplied: (applied, change) => {
      settings.onEvent({ kind: "applied", applied, change });
      if (addresses.refresh()) reporting.addressesChanged();
      board.replace("layout", layoutFindings(layout, gate.pipeline.certificateCount));
      void report();
    },
  });
  undo.defer(() => gate.close());
  for (const failed of [gate.failed, source.failed])
    failed.catch((error: unknown) => settings.onEvent({ kind: "failed", error }));
  const refusals = followRefusals(gate.xds, gate.pipeline.gateway, (findings) =>
    board.replace("refusals", findings),
  );
  undo.defer(() => refusals.stop());
  await gate.listed;
  seat.leadership = lead(deps, settings, () => void report());
  undo.defer(async () => seat.leadership?.stop());
  const running = undo.move();
  return {
    gate,
    layout,
    findings: () => board.all(),
    isLeader: () => seat.leadership?.isLeader() === true,
    addresses: () => addresses.now,
    replaceIdentity: gate.listener.replaceIdentity,
    stop: () => running.disposeAsync(),
  };
}

function clusterEvents(
  { clock, store }: Pick<LeadershipDeps, "clock" | "store">,
  { identity }: ClusterGateSettings,
): EventRecorder {
  return createClusterEvents({ now: clock.now, store }, identity);
}

function namespacesOf({
  namespaces,
  systemNamespace,
}: ClusterGateSettings): ClusterGateSettings["namespaces"] {
  return namespaces === "all" ? "all" : [...new Set([...namespaces, systemNamespace])];
}

function lead(
  deps: LeadershipDeps,
  { systemNamespace, identity, gates, onEvent }: ClusterGateSettings,
  begun: () => void,
): Leadership | undefined {
  if (gates === "observe") return undefined;
  return seekLeadership(deps, {
    namespace: systemNamespace,
    name: "sekisho-controller",
    identity,
    changed: (isLeader) => {
      onEvent({ kind: "leadership", isLeader });
      if (isLeader) begun();
    },
  });
}

/** The proxies that are connected have what was published; a silent one is not waited for without end. */
async function untilProgrammed(
  { clock, log }: Pick<ClusterGateDeps, "clock" | "log">,
  { xds }: Gate,
): Promise<void> {
  const late = new AbortController();
  const stop = clock.after(longestWait, () => late.abort(new Error("a proxy does not answer")));
  try {
    await xds.programmed({ minProxies: 0, signal: late.signal });
  } catch (error) {
    log.warn("statuses are written before all proxies have answered", {
      [logFields.error]: errorText(error),
    });
  } finally {
    stop();
  }
}
