/** What a replica answers the kubelet, Prometheus and `sekisho status`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createClusterPages } from "./cluster-pages.ts";
import type { ClusterStatus } from "./cluster-status.ts";

const status: ClusterStatus = {
  version: "1",
  identity: "one",
  isLeader: true,
  gates: "own",
  addresses: [],
  certificateLayout: "chains",
  served: 3,
  proxies: [],
  replicas: [],
  findings: { error: 0, warning: 1, info: 0 },
};

async function answers(
  current: ClusterStatus | undefined,
): Promise<Readonly<Record<string, number>>> {
  const pages = createClusterPages({ metrics: await createMetrics(), status: () => current });
  const paths = ["/healthz", "/readyz", "/metrics", "/status", "/other"];
  const codes = paths.map(
    async (path) => [path, (await pages({ method: "GET", path })).status] as const,
  );
  return Object.fromEntries(await Promise.all(codes));
}

test("a replica lives from its start, and is ready once it has read the cluster", async () => {
  const before = {
    "/healthz": 200,
    "/readyz": 503,
    "/metrics": 200,
    "/status": 503,
    "/other": 404,
  };
  assert.deepEqual(await answers(undefined), before);
  assert.deepEqual(await answers(status), { ...before, "/readyz": 200, "/status": 200 });
});

test("the status is JSON, and nothing can be written", async () => {
  const pages = createClusterPages({ metrics: await createMetrics(), status: () => status });
  const { body } = await pages({ method: "GET", path: "/status" });
  assert.deepEqual(JSON.parse(Buffer.from(body).toString()), status);
  const { status: code, headers } = await pages({ method: "POST", path: "/status" });
  assert.equal(code, 405);
  assert.equal(headers["allow"], "GET, HEAD");
});
