/**
 * What machines and people read from a replica over HTTP: `/healthz` and `/readyz` for the kubelet, `/metrics`, and
 * `/status` for `sekisho status`, which comes to it through the API server. Nothing here is secret.
 */

import type { Page, PageRequest } from "#runtime/http/page-server.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { ClusterStatus } from "./cluster-status.ts";

export interface ClusterPagesDeps {
  readonly metrics: Metrics;
  /** Undefined until everything was listed once: proxies are answered from then on. */
  readonly status: () => ClusterStatus | undefined;
}

const text = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
const json = { "content-type": "application/json" };

export function createClusterPages(
  deps: ClusterPagesDeps,
): (request: PageRequest) => Promise<Page> {
  return async ({ method, path }) => {
    if (method !== "GET" && method !== "HEAD")
      return { ...page(405, "only GET and HEAD\n"), headers: { ...text, allow: "GET, HEAD" } };
    const status = deps.status();
    switch (path) {
      case "/healthz":
        return page(200, "ok\n");
      case "/readyz":
        return status === undefined ? page(503, "the cluster is being read\n") : page(200, "ok\n");
      case "/metrics":
        return page(200, await deps.metrics.expose());
      case "/status":
        return status === undefined
          ? page(503, "the cluster is being read\n")
          : { ...page(200, `${JSON.stringify(status)}\n`), headers: json };
      default:
        return page(404, "there is /healthz, /readyz, /metrics and /status\n");
    }
  };
}

function page(status: number, body: string): Page {
  return { status, headers: text, body: Buffer.from(body) };
}
