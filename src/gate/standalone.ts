/** The standalone gate: directories → store → pipeline → one supervised Envoy, and what people can ask of it. */

import path from "node:path";
import type { LocatedFinding } from "#api/gate-calls.ts";
import type { Finding, FindingChange } from "#base/finding.ts";
import type { Origin, Place } from "#base/origin.ts";
import type { CertificateControllers } from "#certificates/certificate-controllers.ts";
import type { DialectSettings } from "#dialects/dialect.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { ResourceChange } from "#envoy/resource.ts";
import { deploymentKind } from "#kinds/deployment.ts";
import { podKind } from "#kinds/pod.ts";
import { replicaSetKind } from "#kinds/replica-set.ts";
import type { Pipeline } from "#pipeline.ts";
import { buildBootstrap, defaultMaxHeapBytes } from "#proxies/bootstrap.ts";
import type { EnvoyEvent } from "#proxies/process/envoy-event.ts";
import { type EnvoyPaths, envoyPaths } from "#proxies/process/envoy-paths.ts";
import { createEnvoyProcess, type EnvoyProcess } from "#proxies/process/envoy-process.ts";
import type { FoundEnvoy } from "#proxies/process/install/find-envoy.ts";
import { followAccessLog } from "#proxies/process/logs/access-log-tail.ts";
import { defaultRotation } from "#proxies/process/logs/log-rotation.ts";
import { keepSessionTickets } from "#proxies/session-tickets/ticket-keeper.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { Http2Server } from "#runtime/http/http2-server.ts";
import type { SocketHttp } from "#runtime/http/socket-http.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Network } from "#runtime/network/network.ts";
import { pause } from "#runtime/pause.ts";
import type { Platform } from "#runtime/platform.ts";
import { ownPid } from "#runtime/processes/process-table.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { createStoredEvents } from "#status/stored-events.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { dataMarkVariable } from "#workloads/data-layout.ts";
import { endLeftovers } from "#workloads/leftovers.ts";
import { createWorkloads, type WorkloadSettings, type Workloads } from "#workloads/workloads.ts";
import { createAdapter } from "./adapter.ts";
import { startIssuing } from "./certificates/issuing.ts";
import { createStandaloneAcme, type StandaloneAcme } from "./certificates/standalone-acme.ts";
import { createDirectoryFeed, type DirectoryFeed } from "./directory-feed.ts";
import type { Applied } from "./feed.ts";
import { type Gate, startGate } from "./gate.ts";
import {
  type CertificateLayout,
  chooseCertificateLayout,
  layoutFindings,
} from "./ports/certificate-layout.ts";
import { createListenerLayout } from "./ports/listener-layout.ts";
import type { Ports } from "./ports/ports.ts";
import { reachableAddress } from "./ports/reachable-address.ts";
import { followRefusals } from "./quarantine/refusals.ts";
import { FindingBoard } from "./statuses/finding-board.ts";
import {
  createReporting,
  pipelineState,
  type Reporting,
  wishesUnder,
} from "./statuses/reporting.ts";

export interface StandaloneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly processes: Processes;
  readonly http: SocketHttp;
  readonly clients: HttpClients;
  readonly workers: Workers;
  readonly http2: Http2Server;
  readonly lookup: NameLookup;
  readonly dns: DnsTransport;
  readonly network: Network;
  readonly platform: Platform;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: EmbeddedStore;
}

export interface StandaloneSettings {
  readonly directories: readonly string[];
  readonly data: string;
  readonly ports: Ports;
  readonly address: string;
  readonly envoy: FoundEnvoy;
  readonly concurrency: number | undefined;
  readonly drainSeconds: number;
  readonly hotRestartSeconds: number;
  /** The Node that runs the authorization adapter. */
  readonly nodePath: string;
  /** Of this program. */
  readonly version: string;
  readonly ingressClasses: "all" | readonly string[];
  /** The ConfigMap of NGINX Ingress Controller. Undefined: the usual one. */
  readonly nginxConfigMap: DialectSettings["nginxConfigMap"];
  readonly nginxGlobalConfiguration: DialectSettings["nginxGlobalConfiguration"];
  /** Who issues for an Ingress that asks for certificates without naming an issuer. Undefined: nobody. */
  readonly defaultIssuer: DialectSettings["defaultIssuer"];
  /** By which annotations an Ingress asks so. */
  readonly autoCertificateAnnotations: readonly string[];
  /** Which annotations of an Ingress its Certificates have, too. */
  readonly extraCertificateAnnotations: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly proxyProtocol: boolean;
  readonly allowedClients: readonly string[];
  readonly certificateLayout: CertificateLayout | undefined;
  readonly samplePercent: number;
  readonly routeStatistics: boolean;
  /** Whether anybody can read how backends answered. */
  readonly countsAnswers: boolean;
  /** Networks and addresses that issuers may have us connect to although they are inside. */
  readonly outboundAddresses: readonly string[];
  /** Whom DNS is asked about challenge records; empty: the resolvers of this machine. */
  readonly dnsResolvers: readonly string[];
  /** Where Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  /** Whether Issuers of one namespace may use this process' own credentials. */
  readonly issuerAmbientCredentials: boolean;
  /** Whether the Secret of a Certificate goes with it. */
  readonly certificateOwnerRef: boolean;
  /** Whether what Certificates ask for is issued here. */
  readonly certificates: "own" | "observe" | "off";
  /** The operator's environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Absent: Deployments and Pods are not run. */
  readonly workloads?: Pick<WorkloadSettings, "images" | "nodePath" | "path" | "isolation">;
  readonly onEvent: (event: StandaloneEvent) => void;
}

export type StandaloneEvent =
  | { readonly kind: "applied"; readonly applied: Applied; readonly change: ResourceChange }
  | { readonly kind: "findings"; readonly change: FindingChange }
  | { readonly kind: "envoy"; readonly event: EnvoyEvent }
  | { readonly kind: "access"; readonly record: AccessRecord }
  /** The gate cannot go on. */
  | { readonly kind: "failed"; readonly error: unknown };

export interface Standalone {
  readonly gate: Gate;
  readonly envoy: EnvoyProcess;
  readonly layout: CertificateLayout;
  /** Resolves once every Envoy that runs is connected and has acknowledged the first configuration. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly findings: () => readonly Finding[];
  readonly locate: (origin: Origin) => Place | undefined;
  readonly located: (finding: Finding) => LocatedFinding;
  readonly workloads: Workloads | undefined;
  /** From now on what is found is recorded as Events: earlier most of it mends itself. */
  readonly recordFindings: () => void;
  /** Drains Envoy and ends everything; aborting `hurry` cuts the drain short. */
  readonly stop: (hurry: AbortSignal) => Promise<void>;
}

/** What Envoy and its adapter call themselves. */
const nodeId = "standalone";

/** Where what is ours is among the objects of the store. */
const systemNamespace = "sekisho-system";

/** Where Deployments and Pods are run, whoever runs them has the findings about them. */
const workloadKinds = [deploymentKind.id, podKind.id, replicaSetKind.id];

/** A proxy that did not come back after so long is no longer waited for. */
const longestSilenceMs = 10_000;
const lookEvery = Temporal.Duration.from({ milliseconds: 20 });

/** Reads the directories, then starts xDS and Envoy. */
export async function startStandalone(
  deps: StandaloneDeps,
  settings: StandaloneSettings,
): Promise<Standalone> {
  await using undo = new AsyncDisposableStack();
  const paths = await makeEnvoyDirectory(deps, settings);
  const reporting = reportingOf(deps, settings, () => gate.pipeline);
  const board = new FindingBoard((change) => {
    reporting.found(change);
    settings.onEvent({ kind: "findings", change });
  });
  const feed = undo.use(await readDirectories(deps, settings, board));
  const workloads = await startWorkloads(deps, settings, board);
  undo.defer(async () => workloads?.stop());
  const envoy = await createEnvoy(deps, settings, paths);
  const layout = await chooseCertificateLayout(deps.store, settings.certificateLayout);
  const acme = undo.use(createStandaloneAcme(deps, settings, { board, gate: () => gate }));
  const issuing = await startOwnIssuing(deps, settings, acme);
  undo.defer(async () => issuing?.close());
  const sessionTickets = undo.use(await keepSessionTickets(deps, { namespace: systemNamespace }));
  const adapter = createAdapter(deps, { ...settings, paths, node: nodeId, board });
  undo.defer(() => adapter.stop());
  const gate = await startGate(deps, {
    xdsAddress: { kind: "unix", path: paths.xdsSocket },
    layout: createListenerLayout(settings, layout, { kind: "file", path: paths.accessLog }),
    dialects: { ...settings, servedClasses: settings.ingressClasses },
    ...{ sessionTickets, routeStatistics: settings.routeStatistics },
    judgedElsewhere: workloads === undefined ? [] : workloadKinds,
    startProxies: () => begin(envoy),
    onFindings: (change) => board.gather(change),
    onClaim: reporting.claimChanged,
    onApplied: (applied, change) => {
      settings.onEvent({ kind: "applied", applied, change });
      adapter.applied(change);
      acme.applied();
      board.replace("layout", layoutFindings(layout, gate.pipeline.certificateCount));
      void reporting.update();
    },
  });
  undo.defer(() => gate.close());
  gate.failed.catch((error: unknown) => settings.onEvent({ kind: "failed", error }));
  const refusals = followRefusals(gate.xds, gate.pipeline.gateway, (findings) =>
    board.replace("refusals", findings),
  );
  undo.defer(() => refusals.stop());
  const locate = (origin: Origin): Place | undefined => feed.source.locate(origin, origin.path);
  const stopTail = followAccess(deps, settings, paths);
  await gate.listed;
  await adapter.startIfLeft();
  if (issuing !== undefined) acme.start((error) => settings.onEvent({ kind: "failed", error }));
  const running = undo.move();
  return {
    gate,
    envoy,
    layout,
    ready: async (signal) => {
      await untilProgrammed(deps, gate, envoy, signal);
      void reporting.serve();
    },
    findings: () => board.all(),
    locate,
    located: (finding) => locatedBy(locate, finding),
    workloads,
    recordFindings: () => void reporting.record(),
    stop: async (hurry) => {
      await envoy.stop(hurry);
      await stopTail();
      await running.disposeAsync();
    },
  };
}

async function makeEnvoyDirectory(
  { files }: StandaloneDeps,
  { data }: StandaloneSettings,
): Promise<EnvoyPaths> {
  const paths = envoyPaths(path.join(data, "envoy"));
  await files.makeDirectory(paths.directory, 0o700);
  return paths;
}

/** Follows the directories; resolves when all files were read once. */
async function readDirectories(
  deps: StandaloneDeps,
  { directories }: StandaloneSettings,
  board: FindingBoard,
): Promise<DirectoryFeed & AsyncDisposable> {
  const changed = (findings: readonly Finding[]): void => board.replace("files", findings);
  const feed = createDirectoryFeed({ ...deps, changed }, directories);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => feed.close());
  await feed.source.start();
  await feed.complete;
  const running = undo.move();
  return { ...feed, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** It takes as long to start as we to read and translate the world, so it is started first. */
function begin(envoy: EnvoyProcess): Promise<void> {
  envoy.start();
  return envoy.begun;
}

function locatedBy(locate: Standalone["locate"], finding: Finding): LocatedFinding {
  const place = finding.place ?? locate(finding.origin);
  return place === undefined ? { finding } : { finding, place };
}

/** Envoys of an earlier run come back one by one, those of a hot restart too; one that is silent is not waited for. */
async function untilProgrammed(
  { clock }: StandaloneDeps,
  { xds }: Gate,
  envoy: EnvoyProcess,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = clock.monotonicMs();
  const isWaited = (): boolean => {
    const connected = xds.proxies().filter(({ kind }) => kind === "aggregated").length;
    const isLate = clock.monotonicMs() - startedMs > longestSilenceMs;
    return !isLate && connected < (envoy.running() ?? Number.POSITIVE_INFINITY);
  };
  while (isWaited() && (await pause(clock, lookEvery, signal)));
  await xds.programmed({ signal });
}

function reportingOf(
  deps: StandaloneDeps,
  { address, ports, certificates }: StandaloneSettings,
  pipeline: () => Pipeline,
): Reporting {
  const known = pipelineState(pipeline);
  return createReporting(deps, {
    ...known,
    wantedBy: wishesUnder(certificates, known.wantedBy),
    addresses: () => [{ ip: reachableAddress(address) }],
    ports: () => [ports.http, ports.https],
  });
}

/** Before anything serves: keys are made and requests signed while Envoy starts. */
async function startOwnIssuing(
  deps: StandaloneDeps,
  settings: StandaloneSettings,
  { door, backend }: StandaloneAcme,
): Promise<CertificateControllers | undefined> {
  if (settings.certificates !== "own") return undefined;
  const recorder = createStoredEvents(deps.store, deps.clock.now);
  const backends = [backend];
  return await startIssuing({ ...deps, recorder, door }, { ...settings, backends });
}

async function startWorkloads(
  deps: StandaloneDeps,
  settings: StandaloneSettings,
  board: FindingBoard,
): Promise<Workloads | undefined> {
  if (settings.workloads === undefined) {
    await endLeftovers(deps, dataMarkVariable(settings.data));
    return undefined;
  }
  return await createWorkloads(deps, {
    ...settings.workloads,
    dataDirectory: settings.data,
    findingsChanged: (change) => {
      board.gather(change);
      board.tell();
    },
  });
}

/** Hands on the access log's records; the returned function ends that behind the last one. */
function followAccess(
  deps: StandaloneDeps,
  settings: StandaloneSettings,
  paths: EnvoyPaths,
): () => Promise<void> {
  const tailing = new AbortController();
  const tail = followAccessLog(
    deps,
    { path: paths.accessLog, keep: defaultRotation.keep, from: "end" },
    (record) => settings.onEvent({ kind: "access", record }),
    tailing.signal,
  );
  return async () => {
    tailing.abort();
    await tail;
  };
}

async function createEnvoy(
  deps: StandaloneDeps,
  settings: StandaloneSettings,
  paths: EnvoyPaths,
): Promise<EnvoyProcess> {
  return createEnvoyProcess(deps, {
    program: settings.envoy.path,
    version: settings.envoy.version,
    paths,
    bootstrap: buildBootstrap({
      nodeId,
      nodeCluster: "sekisho",
      adminSocket: paths.adminSocket,
      xds: { kind: "unix", path: paths.xdsSocket },
      authorizationSocket: paths.authorizationSocket,
      maxHeapBytes: defaultMaxHeapBytes(deps.platform.memoryBytes),
      routeStatistics: settings.routeStatistics,
    }),
    concurrency: settings.concurrency ?? deps.platform.parallelism,
    drain: { longest: Temporal.Duration.from({ seconds: settings.drainSeconds }) },
    // In a container everything ends with process 1; a number that fits is a stranger's.
    outlivesUs: (await ownPid(deps.files)) !== 1,
    retirement: Temporal.Duration.from({ seconds: settings.hotRestartSeconds }),
    onEvent: (event) => settings.onEvent({ kind: "envoy", event }),
  });
}
