/** A faulty API server with what asks it: for the tests of the Kubernetes store. */

import type { Json } from "#base/json.ts";
import { serviceKind } from "#kinds/service.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import type { Credentials } from "#store/kubernetes/access/cluster-access.ts";
import { ApiServer } from "#store/kubernetes/api-server.ts";
import type { Collection } from "#store/kubernetes/collection.ts";
import type { FollowDeps } from "#store/kubernetes/follow.ts";
import { type FaultyApiServer, startFaultyApiServer } from "./faulty-api-server.ts";
import { createHastyClock, type HastyClock } from "./runtime/hasty-clock.ts";
import { createSeededRandom } from "./runtime/seeded-random.ts";

export interface FaultyCluster extends AsyncDisposable {
  readonly server: FaultyApiServer;
  readonly clock: HastyClock;
  readonly api: ApiServer;
  readonly deps: FollowDeps;
  /** The messages of the interruptions so far. */
  readonly interruptions: readonly string[];
}

const nobody: Credentials = { current: async () => ({}), refused: () => undefined };

/** Services of all namespaces. */
export const services: Collection = { resource: serviceKind, form: "whole" };

/** A Service as the wire has it. */
export function wireService(name: string, version: number, more: Json = {}): Json {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", uid: name, resourceVersion: `${version}` },
    spec: { type: "ClusterIP", ...(more as object) },
  };
}

/** A line of a watch. */
export function wireEvent(type: string, object: Json): Json {
  return { type, object };
}

/** A bookmark; `listed` ends the initial events of a streaming list. */
export function bookmark(version: number, listed?: "listed"): Json {
  const annotations = listed === undefined ? {} : { "k8s.io/initial-events-end": "true" };
  return wireEvent("BOOKMARK", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { resourceVersion: `${version}`, annotations },
  });
}

/** Starts the server; time passes as the test says. */
export async function startFaultyCluster(credentials = nobody): Promise<FaultyCluster> {
  const server = await startFaultyApiServer();
  const clock = createHastyClock();
  const access = { server: { url: server.url }, credentials, namespace: "default", from: "a test" };
  const api = new ApiServer({ clock, http: createHttpClients() }, { access });
  const interruptions: string[] = [];
  return {
    server,
    clock,
    api,
    interruptions,
    deps: {
      api,
      clock,
      random: createSeededRandom(1),
      interrupted: (_, error) => void interruptions.push(error.message),
    },
    [Symbol.asyncDispose]: async () => {
      api.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
