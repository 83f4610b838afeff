/** `GET /metrics`: our own metrics and Envoy's, on one page. */

import type { Page, PageRequest } from "#runtime/http/page-server.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { mergeExpositions } from "./exposition.ts";

export interface MetricsPageDeps {
  readonly metrics: Metrics;
  readonly log: Log;
  /** Envoy's own text; throws when Envoy does not answer. */
  readonly envoy: () => Promise<string>;
}

const nothing = new Uint8Array();

/** Answers requests for pages; however many ask at a time, one gathers for all of them. */
export function createMetricsPage(deps: MetricsPageDeps): (request: PageRequest) => Promise<Page> {
  const isUp = deps.metrics.gauge("sekisho_envoy_up", "Whether Envoy answers.");
  let gathering: Promise<Uint8Array> | undefined;
  const gather = async (): Promise<Uint8Array> => {
    const envoy = await textOfEnvoy(deps);
    isUp.set(envoy === undefined ? 0 : 1);
    return Buffer.from(mergeExpositions(await deps.metrics.expose(), envoy ?? ""));
  };
  return async ({ method, path }) => {
    if (path !== "/metrics") return { status: 404, headers: {}, body: nothing };
    if (method !== "GET" && method !== "HEAD")
      return { status: 405, headers: { allow: "GET, HEAD" }, body: nothing };
    gathering ??= gather().finally(() => {
      gathering = undefined;
    });
    const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
    return { status: 200, headers, body: await gathering };
  };
}

async function textOfEnvoy({ envoy, log }: MetricsPageDeps): Promise<string | undefined> {
  try {
    return await envoy();
  } catch (error) {
    log.info("Envoy gave no metrics", { [logFields.error]: errorText(error) });
    return undefined;
  }
}
