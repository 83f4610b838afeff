/** Which of Envoy's statistics exist at all: what is not named here costs neither memory nor scrape time. */

import { create } from "@bufbuild/protobuf";
import type { StatsMatcher } from "#gen/envoy/config/metrics/v3/stats_pb.ts";
import { StatsMatcherSchema } from "#gen/envoy/config/metrics/v3/stats_pb.ts";

/** Whole families: their size does not grow with hosts, routes or secrets. */
const prefixes = [
  "server.",
  "cluster_manager.",
  "listener_manager.",
  "listener.",
  "control_plane.",
  "overload.",
  "envoy.overload_actions.",
  "filesystem.",
  "main_thread.",
  "workers.",
] as const;

/**
 * Families of which a part would grow with the world. `http.<prefix>.rds.<name>.…` is left out: a
 * route configuration a host makes 64 MB of them at 10,000 hosts. A cluster keeps about 30 of its
 * 100 series; its name holds no dot, which keeps out `cluster.<name>.external.…` and the like.
 */
const patterns = [
  String.raw`http\.[^.]+\.(downstream_.*|no_route|no_cluster|rq_.*|rs_too_large|scoped_rds\..*)`,
  String.raw`cluster\.[^.]+\.upstream_rq_(total|active|[1-5]xx|completed|timeout|per_try_timeout|rx_reset|tx_reset|retry.*|pending_active|pending_overflow|time)`,
  String.raw`cluster\.[^.]+\.upstream_cx_(total|active|connect_fail|connect_timeout|overflow|none_healthy|tx_bytes_total|rx_bytes_total)`,
  String.raw`cluster\.[^.]+\.(membership_.*|health_check\..*|outlier_detection\.ejections_(active|total|enforced_total))`,
] as const;

/** The inclusion list for a bootstrap. */
export function buildStatsInclusion(): StatsMatcher {
  return create(StatsMatcherSchema, {
    statsMatcher: {
      case: "inclusionList",
      value: {
        patterns: [
          ...prefixes.map((value) => ({ matchPattern: { case: "prefix" as const, value } })),
          ...patterns.map((regex) => ({
            matchPattern: { case: "safeRegex" as const, value: { regex } },
          })),
        ],
      },
    },
  });
}
