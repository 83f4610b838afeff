/** The same Envoy with a configuration written and tuned by hand for one world: what ours is held against. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "#base/json.ts";
import { envoyProgram } from "#test/system/envoy-program.ts";
import { freePorts } from "#test/system/real-envoy.ts";
import { startProgram } from "../programs/program.ts";
import type { World } from "../world/world.ts";
import type { RunningSubject, Subject } from "./subject.ts";

export function staticEnvoy(version: string): Subject {
  return {
    name: "Envoy by hand",
    how: "one static file with virtual hosts in the listener, the router as only filter, no request ids, few statistics, no xDS",
    version,
    changes: [],
    start,
  };
}

async function start(world: World, directory: string): Promise<RunningSubject> {
  const ports = await freePorts("http", "https");
  const file = join(directory, "envoy.json");
  writeFileSync(file, JSON.stringify(bootstrap(world, directory, ports)));
  const startedAt = performance.now();
  const program = await startProgram({
    command: await envoyProgram(),
    args: [
      ...["-c", file, "--concurrency", "1"],
      ...["--disable-hot-restart", "--log-level", "warning"],
    ],
    log: join(directory, "envoy.log"),
    directory,
  });
  return {
    ...ports,
    startedAt,
    processes: () => ({ proxy: [program.pid], control: [] }),
    apply: () => Promise.reject(new Error("a static configuration does not change")),
    death: program.death,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

function bootstrap(
  world: World,
  directory: string,
  ports: { readonly http: number; readonly https: number },
): JsonObject {
  const secure = world.secureHosts.map((host) => secureChain(world, host));
  return {
    node: { id: "static", cluster: "static" },
    admin: { address: { pipe: { path: join(directory, "admin.sock"), mode: 0o600 } } },
    stats_config: {
      stats_matcher: {
        inclusion_list: {
          patterns: [
            { prefix: "server." },
            { safe_regex: { regex: "http\\.[^.]+\\.downstream_(rq|cx)_(total|active|[1-5]xx)" } },
            { safe_regex: { regex: "cluster\\.[^.]+\\.upstream_(rq|cx)_total" } },
          ],
        },
      },
    },
    static_resources: {
      clusters: range(world.shape.services).map((service) => cluster(world, service)),
      listeners: [
        listener("http", ports.http, { filter_chains: [{ filters: [manager(world, "http")] }] }),
        listener("https", ports.https, {
          listener_filters: [
            {
              name: "tls",
              typed_config: typed("extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
            },
          ],
          filter_chains: secure,
        }),
      ],
    },
  };
}

function listener(name: string, port: number, rest: JsonObject): JsonObject {
  return {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    per_connection_buffer_limit_bytes: 32_768,
    enable_reuse_port: true,
    ...rest,
  };
}

function manager(world: World, prefix: string): JsonObject {
  const config = typed(
    "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: prefix,
      generate_request_id: false,
      use_remote_address: true,
      normalize_path: true,
      merge_slashes: true,
      request_headers_timeout: "10s",
      http2_protocol_options: {
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      http_filters: [
        {
          name: "router",
          typed_config: typed("extensions.filters.http.router.v3.Router", {
            suppress_envoy_headers: true,
          }),
        },
      ],
      route_config: {
        name: "routes",
        virtual_hosts: range(world.shape.hosts).map((host) => virtualHost(world, host)),
        ignore_port_in_host_matching: true,
      },
    },
  );
  return { name: "http", typed_config: config };
}

function virtualHost(world: World, host: number): JsonObject {
  const { routesPerHost } = world.shape;
  const routes = range(routesPerHost).map((index) => host * routesPerHost + index);
  return {
    name: world.hostName(host),
    domains: [world.hostName(host)],
    routes: routes.map((route) => ({
      match: { prefix: world.pathOf(route) },
      route: { cluster: `s${world.serviceOf(route)}`, timeout: "0s", idle_timeout: "300s" },
    })),
  };
}

function cluster(world: World, service: number): JsonObject {
  const address = { address: "127.0.0.1", port_value: world.portOfService(service) };
  const unlimited = 4_294_967_295;
  return {
    name: `s${service}`,
    connect_timeout: "5s",
    per_connection_buffer_limit_bytes: 32_768,
    circuit_breakers: {
      thresholds: [
        { max_connections: unlimited, max_pending_requests: unlimited, max_requests: unlimited },
      ],
    },
    load_assignment: {
      cluster_name: `s${service}`,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: address } } }] }],
    },
  };
}

function secureChain(world: World, host: number): JsonObject {
  const { certificate, key } = world.pairOf(host);
  return {
    filter_chain_match: { server_names: [world.hostName(host)] },
    filters: [manager(world, "https")],
    transport_socket: {
      name: "tls",
      typed_config: typed("extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: {
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificates: [
            {
              certificate_chain: { inline_string: certificate },
              private_key: { inline_string: key },
            },
          ],
        },
      }),
    },
  };
}

function typed(type: string, fields: JsonObject): Json {
  return { "@type": `type.googleapis.com/envoy.${type}`, ...fields };
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
