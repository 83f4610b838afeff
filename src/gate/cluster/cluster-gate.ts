/**
 * The gate of a cluster: the API server's objects → pipeline → every proxy that connects over mutual TLS.
 *
 * Every replica translates and serves; the one that leads writes statuses and Events.
 */

import type { Finding, FindingChange } from "#base/finding.ts";
import type { DialectSettings } from "#dialects/dialect.ts";
import type { ResourceChange } from "#envoy/resource.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { configMapKind } from "#kinds/config-map.ts";
import { formatKey, type KindId } from "#kinds/object.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Pipeline } from "#pipeline.ts";
import { keepServicePorts } from "#proxies/kubernetes/service-ports.ts";
import { admitOnly } from "#proxies/kubernetes/xds-admission.ts";
import { keepSessionTickets } from "#proxies/session-tickets/ticket-keeper.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Http2Client } from "#runtime/http/http2-client.ts";
import type {
  Http2Address,
  Http2Handler,
  Http2Server,
  TlsIdentity,
} from "#runtime/http/http2-server.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { type SingleObject, startClusterSource } from "#sources/cluster/cluster-source.ts";
import { createClusterEvents } from "#status/cluster-events.ts";
import { coalesced } from "#status/coalesced.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Settlement } from "#xds/settlement.ts";
import type { Applied } from "../feed.ts";
import { type Gate, startGate } from "../gate.ts";
import {
  type CertificateLayout,
  chooseCertificateLayout,
  layoutFindings,
} from "../ports/certificate-layout.ts";
import { createListenerLayout, type ListenerLayoutSettings } from "../ports/listener-layout.ts";
import { followRefusals } from "../quarantine/refusals.ts";
import { FindingBoard } from "../statuses/finding-board.ts";
import {
  createReporting,
  pipelineState,
  type ReportedState,
  type Reporting,
  type ReportingDeps,
  wishesUnder,
} from "../statuses/reporting.ts";
import { certificateKinds, certificateSecretsOf } from "./certificate-objects.ts";
import { type ClusterIssuing, createClusterIssuing } from "./cluster-issuing.ts";
import { clusterServices } from "./cluster-services.ts";
import { type Leadership, type LeadershipDeps, seekLeadership } from "./leadership.ts";
import { type PublishedAddress, PublishedAddresses } from "./published-address.ts";
import { Acknowledgements, type AcknowledgementsDeps } from "./replicas/acknowledgements.ts";
import { byQuestion, createAnswering } from "./replicas/answering.ts";
import type { ReplicaState } from "./replicas/asking.ts";
import { secretsOf, servedKinds } from "./served-objects.ts";
import { wantedPorts } from "./wanted-ports.ts";

export interface ClusterGateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http2: Http2Server;
  readonly http2Client: Http2Client;
  readonly lookup: NameLookup;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: KubernetesStore;
  readonly clients: HttpClients;
  readonly dns: DnsTransport;
  readonly files: Pick<Files, "read">;
  readonly workers: Workers;
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
  /** The ConfigMap of NGINX Ingress Controller; undefined: none is read. */
  readonly nginxConfigMap: DialectSettings["nginxConfigMap"];
  readonly nginxGlobalConfiguration: DialectSettings["nginxGlobalConfiguration"];
  /** Who issues for an Ingress that asks for certificates without naming an issuer. Undefined: nobody. */
  readonly defaultIssuer: DialectSettings["defaultIssuer"];
  /** By which annotations an Ingress asks so. */
  readonly autoCertificateAnnotations: readonly string[];
  /** Which annotations of an Ingress its Certificates have, too. */
  readonly extraCertificateAnnotations: readonly string[];
  readonly certificateLayout: CertificateLayout | undefined;
  readonly routeStatistics: boolean;
  readonly published: PublishedAddress;
  /** `observe`: traffic is served, and nothing is written to anybody's object. */
  readonly gates: "own" | "observe";
  /** Whether what Certificates ask for is issued here; `off`: nor are Certificates made of what objects want. */
  readonly certificates: "own" | "observe" | "off";
  readonly clusterResourceNamespace: string;
  /** Whom DNS is asked; empty: the resolvers of this machine. */
  readonly dnsResolvers: readonly string[];
  /** Of this program. */
  readonly version: string;
  /** Whether namespaced issuers may use what this process is let in by, too. */
  readonly issuerAmbientCredentials: boolean;
  /** Whether the Secret of a Certificate goes with it. */
  readonly certificateOwnerRef: boolean;
  /** Networks and addresses that issuers may have us connect to although they are inside. */
  readonly outboundAddresses: readonly string[];
  /** Addresses that nobody may have us connect to. */
  readonly apiServers: readonly string[];
  /** The operator's environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
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
  /** The other replicas, while this one leads: whom statuses wait for. */
  readonly replicas: () => readonly ReplicaState[];
  /** Shows proxies and other replicas another certificate from the next handshake on. */
  readonly replaceIdentity: (identity: TlsIdentity) => void;
  readonly stop: () => Promise<void>;
}

/** Lists what is there, then serves. Throws Http2ServerError when the xDS address cannot be had, StoreError when nothing can be read. */
export async function startClusterGate(
  outside: ClusterGateDeps,
  settings: ClusterGateSettings,
): Promise<ClusterGate> {
  await using undo = new AsyncDisposableStack();
  const source = startSource(outside, settings, (findings) => board.replace("cluster", findings));
  undo.defer(() => source.close());
  const deps = { ...outside, store: source.store };
  const { addresses, state } = createState(settings.published, () => gate.pipeline);
  const reporting = createClusterReporting(deps, settings, state);
  const board = new FindingBoard((change) => {
    reporting.found(change);
    settings.onEvent({ kind: "findings", change });
  });
  const seat: { leadership?: Leadership | undefined; issuing?: ClusterIssuing | undefined } = {};
  const report = coalesced(async () => {
    if (seat.leadership?.isLeader() !== true) return acknowledgements.forget();
    await acknowledgements.settled();
    await reporting.serve();
    await reporting.record();
    await keepPorts(deps, settings, gate.pipeline);
  });
  const settlement = (): Settlement => gate.xds.settlement;
  const { systemNamespace: namespace, xds } = settings;
  const acknowledgements = createAcknowledgements(deps, settings, { settlement, board });
  undo.defer(() => acknowledgements.close());
  const layout = await chooseCertificateLayout(deps.store, settings.certificateLayout);
  const sessionTickets = undo.use(await keepSessionTickets(outside, { namespace }));
  const gate = await startGate(deps, {
    xdsAddress: xds,
    admitProxies: (handler) => admitPeers(deps, namespace, { xds: handler, settlement }),
    isReplicated: true,
    kinds: translatedKinds(settings),
    verdicts: { namespace, kept: settings.gates === "own" },
    layout: createListenerLayout(settings, layout, { kind: "stdout" }),
    dialects: { ...settings, servedClasses: settings.ingressClasses },
    ...{ sessionTickets, routeStatistics: settings.routeStatistics },
    onFindings: (change) => board.gather(change),
    onClaim: reporting.claimChanged,
    onApplied: (applied, change) => {
      settings.onEvent({ kind: "applied", applied, change });
      if (addresses.refresh()) reporting.addressesChanged();
      acknowledgements.published(change);
      seat.issuing?.applied();
      board.replace("layout", layoutFindings(layout, gate.pipeline.certificateCount));
      void report();
    },
  });
  undo.defer(() => gate.close());
  tellOfFailures([gate.failed, source.failed], settings);
  undo.defer(boardRefusals(gate, board));
  await gate.listed;
  const around = { store: source.store, gate, addresses, acknowledgements, board };
  seat.issuing = undo.use(createIssuing(outside, settings, around));
  seat.leadership = lead(deps, settings, { ...seat, begun: () => void report() });
  undo.defer(async () => seat.leadership?.stop());
  const running = undo.move();
  return {
    gate,
    layout,
    findings: () => board.all(),
    isLeader: () => seat.leadership?.isLeader() === true,
    addresses: () => addresses.now,
    replicas: () => acknowledgements.replicas(),
    replaceIdentity: (tls) => {
      acknowledgements.replaceIdentity(tls);
      gate.listener.replaceIdentity(tls);
    },
    stop: () => running.disposeAsync(),
  };
}

function tellOfFailures(
  all: readonly Promise<unknown>[],
  { onEvent }: Pick<ClusterGateSettings, "onEvent">,
): void {
  for (const failed of all) failed.catch((error: unknown) => onEvent({ kind: "failed", error }));
}

function createAcknowledgements(
  deps: AcknowledgementsDeps,
  { systemNamespace: namespace, identity, xds, published }: ClusterGateSettings,
  { settlement, board }: { readonly settlement: () => Settlement; readonly board: FindingBoard },
): Acknowledgements {
  return new Acknowledgements(deps, {
    ...{ namespace, identity, tls: xds.identity, settlement },
    service: published.kind === "service" ? published : undefined,
    found: (findings) => board.replace("acknowledgements", findings),
  });
}

/** The Service leads to the ports that objects ask for; a write that fails is tried again at the next change. */
async function keepPorts(
  { store, log }: Pick<ReportingDeps, "store" | "log">,
  { published, ports }: ClusterGateSettings,
  { world, gateway }: Pipeline,
): Promise<void> {
  if (published.kind !== "service") return;
  const { namespace, name } = published;
  const service = world.get(serviceKind, namespace, name)?.value;
  try {
    await keepServicePorts(store, published, service, wantedPorts(gateway, ports));
  } catch (error) {
    log.warn("the ports of the Service were not written", {
      [logFields.name]: `${namespace}/${name}`,
      [logFields.error]: errorText(error),
    });
  }
}

/** What Envoy refuses is found until the returned function is called. */
function boardRefusals({ xds, pipeline }: Gate, board: FindingBoard): () => void {
  return followRefusals(xds, pipeline.gateway, (findings) => board.replace("refusals", findings))
    .stop;
}

function singleObjects({ nginxConfigMap: at }: ClusterGateSettings): readonly SingleObject[] {
  return at === undefined ? [] : [{ resource: configMapKind, ...at }];
}

/** Where certificates are issued here, every replica answers their challenges. */
function translatedKinds(settings: ClusterGateSettings): readonly KindId[] {
  const single = singleObjects(settings).map(({ resource }) => resource);
  const challenges = isIssuing(settings) ? [challengeKind] : [];
  return [...servedKinds, ...single, ...challenges].map(({ id }) => id);
}

function isIssuing({ certificates, gates }: ClusterGateSettings): boolean {
  return certificates === "own" && gates === "own";
}

function createIssuing(
  outside: ClusterGateDeps,
  settings: ClusterGateSettings,
  around: {
    readonly store: ObjectStore;
    readonly gate: Gate;
    readonly addresses: PublishedAddresses;
    readonly acknowledgements: Acknowledgements;
    readonly board: FindingBoard;
  },
): ClusterIssuing | undefined {
  if (!isIssuing(settings)) return undefined;
  const { store, gate, addresses, acknowledgements, board } = around;
  const recorder = createClusterEvents({ now: outside.clock.now, store }, settings.identity);
  const cluster = clusterServices(outside.store);
  const server = outside.store;
  const deps = { ...outside, store, recorder, server, cluster, api: server };
  return createClusterIssuing(deps, {
    ...settings,
    gate: () => gate,
    ports: () => addresses.ports,
    inForce: (names) => acknowledgements.inForce(names),
    found: (findings) => board.replace("challenges", findings),
    webhooksFound: (findings) => board.replace("webhooks", findings),
  });
}

function startSource(
  outside: ClusterGateDeps,
  settings: ClusterGateSettings,
  changed: (findings: readonly Finding[]) => void,
): ReturnType<typeof startClusterSource> {
  const certificates = isIssuing(settings);
  return startClusterSource(outside, {
    kinds: [...servedKinds, ...(certificates ? certificateKinds : [])],
    single: singleObjects(settings),
    namespaces: namespacesOf(settings),
    ...(settings.secretNamespaces && { secretNamespaces: settings.secretNamespaces }),
    secretsOf: (object) => [
      ...secretsOf(object),
      ...(certificates ? certificateSecretsOf(object, settings.clusterResourceNamespace) : []),
    ],
    changed,
  });
}

function createState(
  published: PublishedAddress,
  pipeline: () => Pipeline,
): { readonly addresses: PublishedAddresses; readonly state: ReportedState } {
  const known = pipelineState(pipeline);
  const addresses = new PublishedAddresses(published, {
    statusOf: known.statusOf,
    service: (namespace, name) => pipeline().world.get(serviceKind, namespace, name)?.value,
  });
  return {
    addresses,
    state: { ...known, addresses: () => addresses.now, ports: () => addresses.ports },
  };
}

function createClusterReporting(
  deps: ReportingDeps,
  { identity, certificates }: ClusterGateSettings,
  state: ReportedState,
): Reporting {
  const wantedBy = wishesUnder(certificates, state.wantedBy);
  const events = createClusterEvents({ now: deps.clock.now, store: deps.store }, identity);
  // What a cluster holds besides is other people's: nobody asked us about it.
  const isOurs = ({ origin }: Finding): boolean => state.claimed().has(formatKey(origin));
  return createReporting({ ...deps, events }, { ...state, wantedBy, isOurs });
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
  told: { readonly issuing?: ClusterIssuing | undefined; readonly begun: () => void },
): Leadership | undefined {
  if (gates === "observe") return undefined;
  return seekLeadership(deps, {
    namespace: systemNamespace,
    name: "sekisho-controller",
    identity,
    changed: (isLeader) => {
      onEvent({ kind: "leadership", isLeader });
      told.issuing?.leads(isLeader);
      if (isLeader) told.begun();
    },
  });
}

/** On one port are xDS for proxies and the question for other replicas; each is refused to the other. */
function admitPeers(
  deps: Pick<ClusterGateDeps, "clock" | "log" | "metrics">,
  namespace: string,
  { xds, settlement }: { readonly xds: Http2Handler; readonly settlement: () => Settlement },
): Http2Handler {
  const answering = createAnswering({ ...deps, settlement });
  return byQuestion(
    admitOnly({ ...deps, namespace, role: "control-plane" }, answering),
    admitOnly({ ...deps, namespace, role: "proxy" }, xds),
  );
}
