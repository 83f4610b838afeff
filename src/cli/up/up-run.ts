/** One run of `up`: everything started, shown, answered for, and ended in order. */

import path from "node:path";
import { formatOrigin } from "#base/origin.ts";
import type { Settings } from "#config/settings.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { originOfRecord } from "#gate/explanation/route-origin.ts";
import { serveGateCalls } from "#gate/gate-service.ts";
import { createMetricsPage } from "#gate/metrics-page.ts";
import { collectAtRest } from "#gate/rest.ts";
import {
  type Standalone,
  type StandaloneDeps,
  type StandaloneEvent,
  type StandaloneSettings,
  startStandalone,
} from "#gate/standalone.ts";
import type { GateStatus } from "#gate/statuses/gate-status.ts";
import { gateStatus } from "#gate/statuses/standalone-status.ts";
import { podCondition, podKind, podPhase } from "#kinds/pod.ts";
import type { EnvoyEvent } from "#proxies/process/envoy-event.ts";
import { errorText } from "#runtime/telemetry/log-fields.ts";
import { type CommandContext, socketName } from "../command-context.ts";
import { ShownFindings } from "../output/shown-findings.ts";
import { version } from "../version.ts";
import { followCertificates } from "./certificate-notices.ts";
import type { UpOutput } from "./up-listener.ts";

export type RunDeps = StandaloneDeps &
  Pick<CommandContext, "environment" | "memory" | "socket" | "pages"> & {
    readonly output: UpOutput;
  };

export type RunSettings = Omit<Settings, "data" | "envoy" | "http" | "https"> &
  Pick<StandaloneSettings, "directories" | "data" | "ports" | "envoy">;

/** How often the screen's counts are looked at again. */
const statusEvery = Temporal.Duration.from({ seconds: 1 });
/** Pods that are slow to start do not hold up `ready` for longer. */
const longestPodWaitMs = 15_000;

/** Serves until told to stop; resolves to the exit code. */
export async function runGate(deps: RunDeps, settings: RunSettings): Promise<0 | 1> {
  const stopping = new AbortController();
  const hurry = new AbortController();
  const forget = deps.environment.onStopSignal(
    () => stopping.abort(),
    () => hurry.abort(),
  );
  const state: RunState = {
    envoy: "starting",
    failure: undefined,
    standalone: undefined,
    shown: undefined,
  };
  const onEvent = (event: StandaloneEvent): void => take(deps, state, stopping, event);
  try {
    await using undo = new AsyncDisposableStack();
    undo.defer(collectAtRest(deps.clock, deps.memory));
    await serveMetrics(deps, settings, { undo, standalone: () => state.standalone });
    deps.output.progress(`reading ${settings.directories.join(", ")}`);
    const standalone = await startStandalone(deps, {
      ...standaloneSettings(deps, settings),
      onEvent,
    });
    state.standalone = standalone;
    const status = (): Promise<GateStatus> =>
      gateStatus(deps.store, standalone, {
        ...settings,
        version,
        envoyVersion: settings.envoy.version,
        state: state.envoy,
      });
    const service = await deps.socket.serve(
      path.join(settings.data, socketName),
      serveGateCalls({ store: deps.store, metrics: deps.metrics, clock: deps.clock }, standalone, {
        status,
        ports: settings.ports,
      }),
    );
    tellOfCertificates(deps, stopping, undo);
    await untilReady(deps, standalone, stopping.signal);
    if (!stopping.signal.aborted) {
      // It has answered for its configuration: its own word for that may come a moment later.
      if (state.envoy === "starting") state.envoy = "ready";
      standalone.recordFindings();
      deps.output.ready(await status());
      state.shown = new ShownFindings(standalone.located);
      deps.output.findings(state.shown.change({ added: standalone.findings(), gone: [] }));
      await follow(deps, status, stopping.signal);
    }
    deps.output.stopping();
    await service.close();
    await standalone.stop(hurry.signal);
    return state.failure === undefined ? 0 : 1;
  } finally {
    forget();
    deps.output.close();
    if (state.failure !== undefined) deps.environment.terminal.warn(`sekisho: ${state.failure}\n`);
  }
}

/** A store that cannot be followed ends the run by what follows it for the proxies. */
function tellOfCertificates(
  { store, output }: RunDeps,
  stopping: AbortController,
  undo: AsyncDisposableStack,
): void {
  const told = Promise.allSettled([followCertificates(store, output.notice, stopping.signal)]);
  undo.defer(async () => {
    stopping.abort();
    await told;
  });
}

/** From the start, so that an address that cannot be had ends the run before anything runs. */
async function serveMetrics(
  { pages, metrics, log }: RunDeps,
  settings: RunSettings,
  run: {
    readonly undo: AsyncDisposableStack;
    readonly standalone: () => Standalone | undefined;
  },
): Promise<void> {
  if (settings.metrics === undefined) return;
  const envoy = async (): Promise<string> => {
    const standalone = run.standalone();
    if (standalone === undefined) throw new Error("Envoy was not started yet");
    return await standalone.envoy.admin.metrics();
  };
  const listener = await pages.listen(settings.metrics, createMetricsPage({ metrics, log, envoy }));
  run.undo.defer(() => listener.close());
}

interface RunState {
  envoy: string;
  failure: string | undefined;
  standalone: Standalone | undefined;
  /** Undefined until pods had their time to start: most of what is found before mends itself. */
  shown: ShownFindings | undefined;
}

function standaloneSettings(
  deps: RunDeps,
  settings: RunSettings,
): Omit<StandaloneSettings, "onEvent"> {
  const { variables, nodeBinary } = deps.environment;
  const { workloads: how, accessLog, ...rest } = settings;
  const programs = {
    isolation: settings.isolation,
    images: settings.images,
    nodePath: nodeBinary,
    path: variables["PATH"] ?? "/usr/bin:/bin",
  };
  return {
    ...rest,
    nodePath: nodeBinary,
    version,
    variables,
    // Nobody else reads how backends answered.
    countsAnswers: settings.metrics !== undefined || settings.routeStatistics,
    samplePercent: accessLog.format === "none" ? 0 : accessLog.samplePercent,
    ...(how === "process" ? { workloads: programs } : {}),
  };
}

function take(
  deps: RunDeps,
  state: RunState,
  stopping: AbortController,
  event: StandaloneEvent,
): void {
  const { output } = deps;
  switch (event.kind) {
    case "applied": {
      // Most batches are statuses, which change nothing for the proxies.
      const { applied, change } = event;
      const resources = change.set.length + change.removed.length;
      if (resources > 0) output.applied(applied, resources);
      return;
    }
    case "findings":
      if (state.shown !== undefined) output.findings(state.shown.change(event.change));
      return;
    case "access":
      takeAccess(output, state, event.record);
      return;
    case "envoy":
      takeEnvoy(output, state, stopping, event.event);
      return;
    case "failed":
      state.failure = `the store is not followed any more: ${errorText(event.error)}`;
      stopping.abort();
  }
}

function takeAccess(output: UpOutput, { standalone }: RunState, record: AccessRecord): void {
  const origin = standalone && originOfRecord(record, standalone.gate.pipeline.gateway);
  if (standalone === undefined || origin === undefined) output.access(record, () => undefined);
  // A connection has no route: what decided it stands there.
  else output.access({ route: formatOrigin(origin), ...record }, () => standalone.locate(origin));
}

function takeEnvoy(
  output: UpOutput,
  state: RunState,
  stopping: AbortController,
  event: EnvoyEvent,
): void {
  switch (event.kind) {
    case "exited":
      state.envoy = "down";
      output.notice(`Envoy ended: ${event.why.message}; ${event.why.advice}`);
      return;
    case "restarting":
      output.notice(`Envoy starts again in ${Math.ceil(event.delay.total("seconds"))} s`);
      return;
    case "gave-up":
      state.failure = `Envoy cannot run: ${event.why.message}; ${event.why.advice}`;
      stopping.abort();
      return;
    case "started":
      state.envoy = "starting";
      return;
    case "adopted":
      state.envoy = "ready";
      output.notice("Envoy was still serving: taken over");
      return;
    case "hot-restarting":
      output.notice("Envoy was started with other settings: a new one takes over its connections");
      return;
    case "hot-restart-failed":
      output.notice(
        `Envoy goes on with its old settings: ${event.why.message}; ${event.why.advice}; to start it anew: sekisho down, then up`,
      );
      return;
    case "replacing":
      output.notice(`Envoy is started anew, requests are refused meanwhile: ${event.why}`);
      return;
    case "bereaved":
      output.notice(
        "the old Envoy died before its time: what was still open on it is lost, the new one goes on",
      );
      return;
    case "retired":
      output.notice("the old Envoy has ended: the new one has all connections");
      return;
    case "drained":
    case "stopped":
      return;
    default:
      state.envoy = event.kind;
  }
}

/** Envoy has acknowledged the first configuration, and every pod that was there answers or has had its time. */
async function untilReady(
  deps: RunDeps,
  standalone: Standalone,
  signal: AbortSignal,
): Promise<void> {
  const started = deps.clock.monotonicMs();
  try {
    await standalone.ready(signal);
    while (
      standalone.workloads !== undefined &&
      deps.clock.monotonicMs() - started < longestPodWaitMs
    ) {
      await standalone.workloads.settled();
      const { items } = await deps.store.list(podKind.id);
      if (
        items.every(
          (pod) => podCondition(pod, "Ready")?.holds === true || podPhase(pod) === "Failed",
        )
      )
        break;
      await deps.clock.sleep(Temporal.Duration.from({ milliseconds: 50 }), signal);
    }
    await standalone.ready(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function follow(
  deps: RunDeps,
  status: () => Promise<GateStatus>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (deps.output.showsStatus) deps.output.status(await status());
    try {
      await deps.clock.sleep(statusEvery, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
