/** By hand for the same answers as ours: what users of our gate rely on, as a person would write it for one world. */

import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import type { Subject } from "../subject.ts";
import { handWritten, typed, type Wishes } from "./hand-written.ts";
import { type Place, staticEnvoy } from "./static-envoy.ts";

export function sameBehaviourByHand(version: string): Subject {
  return staticEnvoy({
    name: "Envoy by hand, same behaviour",
    how: "the same static file with what our users are given: X-Forwarded-Host, no x-envoy-, certificate or underscored headers of clients, one retry at another endpoint when a connection fails, 421 for other hosts on a TLS connection, WebSockets, HTTP/1.0, failures logged, statistics of connections and requests, limits of heap and connections",
    version,
    bootstrap: (world, place) => handWritten(world, place, wishesAt(place)),
  });
}

function wishesAt({ directory }: Place): Wishes {
  return {
    bootstrap: { overload_manager: overloadManager },
    statistics: [
      { safe_regex: { regex: "http\\.[^.]+\\.(downstream_.*|no_route|no_cluster)" } },
      { safe_regex: { regex: "cluster\\.[^.]+\\.upstream_(rq|cx)_.*" } },
      { safe_regex: { regex: "cluster\\.[^.]+\\.membership_.*" } },
    ],
    manager: {
      common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" },
      http_protocol_options: { accept_http_10: true },
      upgrade_configs: [{ upgrade_type: "websocket" }],
      strip_trailing_host_dot: true,
      early_header_mutation_extensions: [withoutClientsOwn],
      access_log: [failuresTo(join(directory, "access.log"))],
    },
    routeConfiguration: {
      request_headers_to_add: [
        {
          header: { key: "x-forwarded-host", value: "%REQ(:AUTHORITY)%" },
          append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
        },
      ],
      request_headers_to_remove: ["x-envoy-external-address"],
    },
    virtualHost: { retry_policy: onceElsewhere },
    cluster: {
      upstream_connection_options: {
        tcp_keepalive: { keepalive_time: 60, keepalive_interval: 10, keepalive_probes: 3 },
      },
    },
    tls: { tls_params: { tls_minimum_protocol_version: "TLSv1_2" } },
    ownHostOnly: true,
  };
}

/** Else clients could set timeouts and retries, and say what certificate they showed. */
const withoutClientsOwn: JsonObject = {
  name: "clean",
  typed_config: typed("extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", {
    mutations: ["x-envoy-", "ssl-client-", "x-ssl-client-"].map((prefix) => ({
      remove_on_match: { key_matcher: { prefix } },
    })),
  }),
};

/** The endpoint that has just failed would fail again. */
const onceElsewhere: JsonObject = {
  retry_on: "connect-failure",
  num_retries: 1,
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: typed("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", {}),
    },
  ],
  host_selection_retry_max_attempts: 5,
};

function failuresTo(path: string): JsonObject {
  const badStatus = {
    status_code_filter: {
      comparison: { op: "GE", value: { default_value: 400, runtime_key: "log.min_status" } },
    },
  };
  return {
    name: "failures",
    filter: { or_filter: { filters: [badStatus, { response_flag_filter: {} }] } },
    typed_config: typed("extensions.access_loggers.file.v3.FileAccessLog", { path }),
  };
}

const heap = "envoy.resource_monitors.fixed_heap";
const connections = "envoy.resource_monitors.global_downstream_max_connections";
const atHeap = (value: number): JsonObject => ({ name: heap, threshold: { value } });

const overloadManager: JsonObject = {
  resource_monitors: [
    {
      name: heap,
      typed_config: typed("extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig", {
        max_heap_size_bytes: 4_294_967_296,
      }),
    },
    {
      name: connections,
      typed_config: typed(
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        { max_active_downstream_connections: 50_000 },
      ),
    },
  ],
  actions: [
    { name: "envoy.overload_actions.shrink_heap", triggers: [atHeap(0.95)] },
    { name: "envoy.overload_actions.stop_accepting_requests", triggers: [atHeap(0.98)] },
  ],
};
