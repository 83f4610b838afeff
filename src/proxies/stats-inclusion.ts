/** Which of Envoy's statistics exist at all: what is not named here costs neither memory nor scrape time. */

import { create } from "@bufbuild/protobuf";
import type { StatsConfig } from "#gen/envoy/config/metrics/v3/stats_pb.ts";
import { StatsConfigSchema } from "#gen/envoy/config/metrics/v3/stats_pb.ts";

/** Whole families: their size does not grow with hosts, routes or secrets. */
const prefixes = [
  "server.",
  "cluster_manager.",
  "listener_manager.",
  "control_plane.",
  "overload.",
  "envoy.overload_actions.",
  "filesystem.",
  // All that is passed on without being looked into, together.
  "tcp.stream.",
  "udp.stream.",
  "main_thread.",
  "workers.",
] as const;

/** `listener.0.0.0.0_443.`, `listener.[__]_443.` */
const listener = String.raw`listener\.(admin|[0-9.]+_\d+|\[[^\]]*\]_\d+)`;

/**
 * Families of which a part would grow with the world. `http.<prefix>.rds.<name>.…` is left out: a
 * route configuration a host makes 64 MB of them at 10,000 hosts. A cluster keeps about 30 of its
 * 100 series; its name holds no dot, which keeps out `cluster.<name>.external.…` and the like. A
 * listener has all but `ssl.certificate.<name>.…`, a series for each certificate, or for each name that clients ask for.
 */
const patterns = [
  String.raw`${listener}\.(on_demand_secret\.)?([^so].*|o[^n].*|ssl\.([^c]|c[^e]).*)`,
  String.raw`http\.[^.]+\.(downstream_.*|no_route|no_cluster|rq_.*|rs_too_large|scoped_rds\..*)`,
  String.raw`cluster\.[^.]+\.upstream_rq_(total|active|[1-5]xx|completed|timeout|per_try_timeout|rx_reset|tx_reset|retry.*|pending_active|pending_overflow|time)`,
  String.raw`cluster\.[^.]+\.upstream_cx_(total|active|connect_fail|connect_timeout|overflow|none_healthy|tx_bytes_total|rx_bytes_total)`,
  String.raw`cluster\.[^.]+\.(membership_.*|health_check\..*|outlier_detection\.ejections_(active|total|enforced_total))`,
] as const;

/** Counters and the duration of each route that has a `stat_prefix`: seven series and a histogram a route. */
const routePattern = String.raw`vhost\..+\.route\..+\.upstream_rq_(total|[1-5]xx|timeout|retry|time)`;

/** A host and the name of a route hold dots, at which Envoy's own rules for labels would cut them. */
const routeTags = [
  { tagName: "sekisho.host", regex: String.raw`^vhost\.((.+?)\.)route\.` },
  { tagName: "sekisho.route", regex: String.raw`^vhost\..+?\.route\.((.+)\.)upstream_rq_` },
];

/** The statistics of a bootstrap: the inclusion list, with those of single routes where they are asked for. */
export function buildStatsConfig(options: { readonly routes: boolean }): StatsConfig {
  const regexes = options.routes ? [...patterns, routePattern] : patterns;
  const value = {
    patterns: [
      ...prefixes.map((prefix) => ({ matchPattern: { case: "prefix" as const, value: prefix } })),
      ...regexes.map((regex) => ({
        matchPattern: { case: "safeRegex" as const, value: { regex } },
      })),
    ],
  };
  return create(StatsConfigSchema, {
    statsMatcher: { statsMatcher: { case: "inclusionList", value } },
    statsTags: options.routes
      ? routeTags.map(({ tagName, regex }) => ({
          tagName,
          tagValue: { case: "regex" as const, value: regex },
        }))
      : [],
  });
}
