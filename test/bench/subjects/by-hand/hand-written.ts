/** A world → the file that a person would write for it, tuned; and what such a person may want besides. */

import { join } from "node:path";
import type { Json, JsonObject } from "#base/json.ts";
import type { World } from "../../world/world.ts";
import type { Place } from "./static-envoy.ts";

/** Fields that are added to what everybody writes, by where they go. */
export interface Wishes {
  readonly bootstrap: JsonObject;
  /** Patterns of statistics. */
  readonly statistics: readonly JsonObject[];
  readonly manager: JsonObject;
  readonly routeConfiguration: JsonObject;
  readonly virtualHost: JsonObject;
  readonly cluster: JsonObject;
  readonly tls: JsonObject;
  /** Whether a TLS connection carries requests for the host of its certificate alone, and 421 answers all others. */
  readonly ownHostOnly: boolean;
}

export function handWritten(world: World, place: Place, wishes: Wishes): JsonObject {
  const hosts = range(world.shape.hosts);
  const openly = { filters: [manager(wishes, "http", virtualHosts(world, wishes, hosts))] };
  return {
    node: { id: "static", cluster: "static" },
    admin: { address: { pipe: { path: join(place.directory, "admin.sock"), mode: 0o600 } } },
    stats_config: {
      stats_matcher: {
        inclusion_list: { patterns: [{ prefix: "server." }, ...wishes.statistics] },
      },
    },
    static_resources: {
      clusters: range(world.shape.services).map((service) => cluster(world, wishes, service)),
      listeners: [
        listener("http", place.http, { filter_chains: [openly] }),
        listener("https", place.https, {
          listener_filters: [
            {
              name: "tls",
              typed_config: typed("extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
            },
          ],
          filter_chains: world.secureHosts.map((host) => secureChain(world, wishes, host)),
        }),
      ],
    },
    ...wishes.bootstrap,
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

function manager(wishes: Wishes, prefix: string, hosts: readonly JsonObject[]): JsonObject {
  // No answers are counted by status: nobody reads it, and it takes 8 percent of a request.
  const router = typed("extensions.filters.http.router.v3.Router", {
    suppress_envoy_headers: true,
    dynamic_stats: false,
  });
  const fields = {
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
    http_filters: [{ name: "router", typed_config: router }],
    route_config: {
      name: "routes",
      virtual_hosts: hosts,
      ignore_port_in_host_matching: true,
      ...wishes.routeConfiguration,
    },
    ...wishes.manager,
  };
  const type = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return { name: "http", typed_config: typed(type, fields) };
}

function virtualHosts(
  world: World,
  { virtualHost }: Wishes,
  hosts: readonly number[],
): readonly JsonObject[] {
  const { routesPerHost } = world.shape;
  return hosts.map((host) => {
    const routes = range(routesPerHost).map((index) => host * routesPerHost + index);
    return {
      name: world.hostName(host),
      domains: [world.hostName(host)],
      routes: routes.map((route) => ({
        match: { prefix: world.pathOf(route) },
        route: { cluster: `s${world.serviceOf(route)}`, timeout: "0s", idle_timeout: "300s" },
      })),
      ...virtualHost,
    };
  });
}

const misdirected: JsonObject = {
  name: "misdirected",
  domains: ["*"],
  routes: [{ match: { prefix: "/" }, direct_response: { status: 421 } }],
};

function cluster(world: World, wishes: Wishes, service: number): JsonObject {
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
    ...wishes.cluster,
  };
}

function secureChain(world: World, wishes: Wishes, host: number): JsonObject {
  const { certificate, key } = world.pairOf(host);
  const hosts = wishes.ownHostOnly
    ? [...virtualHosts(world, wishes, [host]), misdirected]
    : virtualHosts(world, wishes, range(world.shape.hosts));
  const pair = {
    certificate_chain: { inline_string: certificate },
    private_key: { inline_string: key },
  };
  return {
    filter_chain_match: { server_names: [world.hostName(host)] },
    filters: [manager(wishes, "https", hosts)],
    transport_socket: {
      name: "tls",
      typed_config: typed("extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: {
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificates: [pair],
          ...wishes.tls,
        },
      }),
    },
  };
}

/** A message of Envoy's that is packed into another, with the type it is of. */
export function typed(type: string, fields: JsonObject): Json {
  return { "@type": `type.googleapis.com/envoy.${type}`, ...fields };
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
