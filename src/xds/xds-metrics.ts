/** Counters of the xDS server, by resource type. */

import type { Counter, Gauge, Metrics } from "#runtime/telemetry/metrics.ts";

export interface XdsMetrics {
  readonly streams: Gauge;
  readonly responses: Counter;
  readonly resources: Counter;
  readonly removals: Counter;
  readonly bytes: Counter;
  readonly acknowledged: Counter;
  readonly refused: Counter;
}

/** Registers the counters. */
export function createXdsMetrics(metrics: Metrics): XdsMetrics {
  const byType = (name: string, help: string): Counter => metrics.counter(name, help, ["type"]);
  return {
    streams: metrics.gauge("sekisho_xds_streams", "xDS streams that are open."),
    responses: byType("sekisho_xds_responses_total", "xDS responses sent."),
    resources: byType("sekisho_xds_resources_total", "Resources in xDS responses sent."),
    removals: byType("sekisho_xds_removals_total", "Removed names in xDS responses sent."),
    bytes: byType("sekisho_xds_bytes_total", "Bytes of xDS responses sent."),
    acknowledged: byType("sekisho_xds_acknowledged_total", "xDS responses that a proxy took in."),
    refused: byType("sekisho_xds_refused_total", "xDS responses that a proxy refused."),
  };
}
