/** Envoys with fixed resources under our supervisor, for tests. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { buildAccessLog, buildConnectionAccessLog } from "#envoy/access-log.ts";
import { type Cluster, ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { type Listener, ListenerSchema } from "#gen/envoy/config/listener/v3/listener_pb.ts";
import { RouterSchema } from "#gen/envoy/extensions/filters/http/router/v3/router_pb.ts";
import { HttpConnectionManagerSchema } from "#gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { type BootstrapSettings, buildBootstrap } from "#proxies/bootstrap.ts";
import type { EnvoyEvent } from "#proxies/process/envoy-event.ts";
import { type EnvoyPaths, envoyPaths } from "#proxies/process/envoy-paths.ts";
import { createEnvoyProcess, type EnvoyProcess } from "#proxies/process/envoy-process.ts";
import { createSocketHttp } from "#runtime/http/real-socket-http.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createFiles } from "#runtime/real-files.ts";
import { createRandom } from "#runtime/real-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { envoyProgram } from "./envoy-program.ts";

export const files = createFiles();
export const processes = createProcesses();
export const random = createRandom();
export const longDrain = { longest: Temporal.Duration.from({ seconds: 60 }) };

/** A route; `direct` answers with a status of its own; `cluster` forwards. */
export interface ServedRoute {
  readonly path: string;
  readonly name: string;
  readonly direct?: number;
  readonly cluster?: string;
}

/** A listener on 127.0.0.1 that logs every failure, and connections to other addresses. */
export function listener(
  name: string,
  port: number,
  paths: EnvoyPaths,
  routes: readonly ServedRoute[],
): Listener {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: "gate_http",
    accessLog: [buildAccessLog({ to: { kind: "file", path: paths.accessLog }, samplePercent: 0 })],
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { case: "typedConfig", value: anyPack(RouterSchema, create(RouterSchema)) },
      },
    ],
    routeSpecifier: {
      case: "routeConfig",
      value: {
        name: "routes",
        virtualHosts: [
          {
            name: "all",
            domains: ["*"],
            routes: routes.map((route) => ({
              name: route.name,
              match: { pathSpecifier: { case: "prefix" as const, value: route.path } },
              action:
                route.cluster === undefined
                  ? {
                      case: "directResponse" as const,
                      value: { status: route.direct ?? 200 },
                    }
                  : {
                      case: "route" as const,
                      value: {
                        clusterSpecifier: { case: "cluster" as const, value: route.cluster },
                      },
                    },
            })),
          },
        ],
      },
    },
  });
  return create(ListenerSchema, {
    name,
    accessLog: [buildConnectionAccessLog({ kind: "file", path: paths.accessLog })],
    address: {
      address: {
        case: "socketAddress",
        value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: port } },
      },
    },
    filterChains: [
      {
        // Takes 127.0.0.1 only: a connection to 127.0.0.2 finds no filter chain.
        filterChainMatch: { prefixRanges: [{ addressPrefix: "127.0.0.1", prefixLen: 32 }] },
        filters: [
          {
            name: "http",
            configType: {
              case: "typedConfig",
              value: anyPack(HttpConnectionManagerSchema, manager),
            },
          },
        ],
      },
    ],
  });
}

/** A cluster of one endpoint on 127.0.0.1. */
export function staticCluster(name: string, port: number): Cluster {
  const value = {
    address: "127.0.0.1",
    portSpecifier: { case: "portValue" as const, value: port },
  };
  const address = { address: { case: "socketAddress" as const, value } };
  return create(ClusterSchema, {
    name,
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: "endpoint", value: { address } } }] }],
    },
  });
}

/** Files of an Envoy in a directory that is removed after the test. */
export async function ownPaths(t: TestContext): Promise<EnvoyPaths> {
  const root = await mkdtemp(path.join(tmpdir(), "sekisho-"));
  t.after(() => rm(root, { recursive: true }));
  return envoyPaths(path.join(root, "envoy"));
}

/** An Envoy under supervision, and what was told of it. */
export interface Running {
  readonly envoy: EnvoyProcess;
  readonly events: EnvoyEvent[];
  /** The next event of this kind that was not handed out yet. */
  readonly next: <Kind extends EnvoyEvent["kind"]>(
    kind: Kind,
  ) => Promise<Extract<EnvoyEvent, { kind: Kind }>>;
}

/** Runs an Envoy with fixed resources; whatever happens it is gone when the test is over. */
export async function run(
  t: TestContext,
  paths: EnvoyPaths,
  fixed: NonNullable<BootstrapSettings["fixed"]>,
): Promise<Running> {
  const events: EnvoyEvent[] = [];
  const unread: EnvoyEvent[] = [];
  let wake = (): void => undefined;
  const onEvent = (event: EnvoyEvent): void => {
    events.push(event);
    unread.push(event);
    wake();
  };
  const next: Running["next"] = async (kind) => {
    for (;;) {
      const index = unread.findIndex((event) => event.kind === kind);
      const [event] = index < 0 ? [] : unread.splice(index, 1);
      if (event !== undefined) return event as Extract<EnvoyEvent, { kind: typeof kind }>;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const clock = createClock();
  const envoy = createEnvoyProcess(
    { clock, random, files, processes, http: createSocketHttp(), log: silentLog },
    {
      program: await envoyProgram(),
      version: "1.40.0",
      paths,
      concurrency: 1,
      bootstrap: bootstrapOf(paths, fixed),
      drain: longDrain,
      onEvent,
    },
  );
  t.after(() => envoy.stop(AbortSignal.abort()));
  envoy.start();
  return { envoy, events, next };
}

/** The bootstrap of an Envoy with fixed resources and no xDS. */
export function bootstrapOf(
  paths: EnvoyPaths,
  fixed: NonNullable<BootstrapSettings["fixed"]>,
): Uint8Array {
  const { adminSocket } = paths;
  const names = { nodeId: "test", nodeCluster: "test" };
  return buildBootstrap({ ...names, adminSocket, maxHeapBytes: 2 ** 30, fixed });
}
