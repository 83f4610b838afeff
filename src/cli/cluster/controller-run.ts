/** One run of `controller`: everything started, answered for, and ended in order. */

import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { unreachable } from "#base/unreachable.ts";
import type { ListenAddress } from "#config/listen-address.ts";
import type { Settings } from "#config/settings.ts";
import { certificateKinds } from "#gate/cluster/certificate-objects.ts";
import {
  type ClusterGate,
  type ClusterGateEvent,
  type ClusterGateSettings,
  startClusterGate,
} from "#gate/cluster/cluster-gate.ts";
import { createClusterPages } from "#gate/cluster/cluster-pages.ts";
import { clusterStatus } from "#gate/cluster/cluster-status.ts";
import { leaseResource } from "#gate/cluster/leadership.ts";
import { servedKinds } from "#gate/cluster/served-objects.ts";
import { collectAtRest } from "#gate/rest.ts";
import { configMapKind } from "#kinds/config-map.ts";
import { dnsEndpointKind } from "#kinds/nginx/dns-endpoint.ts";
import { keepXdsIdentity } from "#proxies/kubernetes/xds-identity.ts";
import type { Environment } from "#runtime/environment.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { eventResource } from "#status/cluster-events.ts";
import type { ClusterAccess } from "#store/kubernetes/access/cluster-access.ts";
import { type AskedAccess, findAccess } from "#store/kubernetes/access/find-access.ts";
import { createKubernetesStore, type KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import type { CommandContext } from "../command-context.ts";
import { version } from "../version.ts";
import type { IdleSetting } from "./idle-settings.ts";

export interface ControllerSettings
  extends Omit<Settings, "ingressClasses">,
    Pick<
      ClusterGateSettings,
      | "gates"
      | "systemNamespace"
      | "published"
      | "ports"
      | "identity"
      | "ingressClasses"
      | "namespaces"
      | "secretNamespaces"
    > {
  readonly access: AskedAccess;
  /** What sekisho.yaml says in vain. */
  readonly idle: readonly IdleSetting[];
  readonly xds: ListenAddress;
  readonly pages: ListenAddress;
}

interface RunState {
  running: ClusterGate | undefined;
  failure: string | undefined;
}

/** All that is read or written: what is served, and what is ours. */
const usedKinds = [
  ...servedKinds,
  ...certificateKinds,
  configMapKind,
  dnsEndpointKind,
  eventResource,
  leaseResource,
];

/** Serves until told to stop; resolves to the exit code. */
export async function runController(
  context: CommandContext,
  settings: ControllerSettings,
): Promise<0 | 1> {
  const { environment } = context;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const forget = environment.onStopSignal(stop, () => environment.exit(1));
  const log = await context.createLog({ level: "info" });
  for (const { setting, advice } of settings.idle) {
    log.warn("a setting of sekisho.yaml does nothing in a cluster", {
      [logFields.name]: setting,
      [logFields.message]: advice,
    });
  }
  const metrics = await context.createMetrics();
  const state: RunState = { running: undefined, failure: undefined };
  const onEvent = (event: ClusterGateEvent): void => {
    tell(log, event);
    if (event.kind !== "failed") return;
    state.failure = errorText(event.error);
    stop();
  };
  try {
    await using undo = new AsyncDisposableStack();
    undo.defer(collectAtRest(context.clock, context.memory));
    const facts = { ...settings, version };
    const pages = createClusterPages({
      metrics,
      status: () => state.running && clusterStatus(state.running, facts),
    });
    const listener = await context.pages.listen(settings.pages, pages);
    undo.defer(() => listener.close());
    await serve({ ...context, log, metrics }, { ...settings, onEvent }, { undo, state });
    await untilAborted(stopping.signal);
    log.info("stopping: proxies keep what they have");
    return state.failure === undefined ? 0 : 1;
  } finally {
    forget();
  }
}

/** Everything that ends before the pages do. */
async function serve(
  deps: CommandContext & { readonly log: Log; readonly metrics: Metrics },
  settings: ControllerSettings & Pick<ClusterGateSettings, "onEvent">,
  { undo, state }: { readonly undo: AsyncDisposableStack; readonly state: RunState },
): Promise<void> {
  const access = await findAccess({ ...deps, ...deps.environment }, settings.access);
  const store = openStore(deps, settings, access);
  undo.defer(() => store.close());
  const identity = await keepXdsIdentity(
    { ...deps, store },
    { namespace: settings.systemNamespace },
  );
  undo.defer(() => identity.close());
  const running = await startClusterGate(
    { ...deps, store },
    {
      ...settings,
      version,
      apiServers: apiServersOf(access, deps.environment),
      variables: deps.environment.variables,
      samplePercent: settings.accessLog.format === "none" ? 0 : settings.accessLog.samplePercent,
      xds: { kind: "tls", ...settings.xds, identity: identity.current() },
    },
  );
  undo.defer(() => running.stop());
  running.replaceIdentity(identity.current());
  identity.subscribe(running.replaceIdentity);
  state.running = running;
  deps.log.info("the cluster is served", {
    [logFields.count]: running.gate.pipeline.claimed.size,
  });
}

function openStore(
  context: CommandContext & { readonly log: Log },
  settings: ControllerSettings,
  access: ClusterAccess,
): KubernetesStore {
  context.log.info("reading the cluster", { [logFields.address]: access.server.url });
  return createKubernetesStore(
    { ...context, http: context.clients },
    {
      access,
      resources: usedKinds,
      namespaces: settings.namespaces,
    },
  );
}

/** Also those that are names: who resolves to the same address is refused by that. */
function apiServersOf({ server }: ClusterAccess, { variables }: Environment): readonly string[] {
  const host = URL.parse(server.url)?.hostname.replace(/^\[(.*)\]$/, "$1");
  return [host, variables["KUBERNETES_SERVICE_HOST"]].filter((one) => one !== undefined);
}

function tell(log: Log, event: ClusterGateEvent): void {
  switch (event.kind) {
    case "applied": {
      const { applied, change } = event;
      const resources = change.set.length + change.removed.length;
      if (resources === 0) return;
      log.debug("a change was published", {
        [logFields.count]: resources,
        [logFields.milliseconds]: Math.round(applied.milliseconds),
      });
      return;
    }
    case "findings":
      for (const finding of event.change.added) tellFinding(log, finding);
      return;
    case "leadership":
      log.info(
        event.isLeader
          ? "this replica leads: it writes statuses and Events"
          : "this replica leads no longer",
      );
      return;
    case "failed":
      log.error("the cluster is not followed any more", {
        [logFields.error]: errorText(event.error),
      });
      return;
    default:
      unreachable(event);
  }
}

/** What is wrong with an object is not wrong with us: no line above `info`. */
function tellFinding(log: Log, { severity, reason, message, advice, origin }: Finding): void {
  if (severity === "info") return;
  log.info("something is wrong with an object", {
    [logFields.object]: formatOrigin(origin),
    [logFields.reason]: reason,
    [logFields.message]: `${message}; ${advice}`,
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}
