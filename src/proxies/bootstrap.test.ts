import assert from "node:assert/strict";
import test from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { BootstrapSchema } from "#gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { ApiConfigSource_ApiType } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import {
  buildBootstrap,
  defaultMaxHeapBytes,
  formatBootstrap,
  formatReadyBootstrap,
  isSocketPath,
} from "./bootstrap.ts";

const settings = {
  nodeId: "gate",
  nodeCluster: "edge",
  adminSocket: "/run/s/admin.sock",
  xds: { kind: "unix", path: "/run/s/xds.sock" },
  maxHeapBytes: 2 ** 30,
} as const;

test("equal settings give equal bytes, so that a bootstrap can be compared", () => {
  assert.deepEqual(buildBootstrap(settings), buildBootstrap({ ...settings }));
});

test("the administration interface is a socket of mode 0600", () => {
  const { admin } = fromBinary(BootstrapSchema, buildBootstrap(settings));
  const pipe = admin?.address?.address;
  assert.equal(pipe?.case === "pipe" && pipe.value.path, "/run/s/admin.sock");
  assert.equal(pipe?.case === "pipe" && pipe.value.mode, 0o600);
});

test("clusters and listeners come by delta ADS over our socket, waited for without end", () => {
  const { dynamicResources, staticResources } = fromBinary(
    BootstrapSchema,
    buildBootstrap(settings),
  );
  assert.equal(dynamicResources?.adsConfig?.apiType, ApiConfigSource_ApiType.DELTA_GRPC);
  for (const source of [dynamicResources?.cdsConfig, dynamicResources?.ldsConfig]) {
    assert.equal(source?.configSourceSpecifier.case, "ads");
    assert.equal(source?.initialFetchTimeout?.seconds, 0n);
  }
  assert.deepEqual(
    staticResources?.clusters.map(({ name }) => name),
    ["sekisho_xds"],
  );
});

test("over the network xDS is mutual TLS 1.3 with what files say, and a dead peer is noticed", () => {
  const xds = { kind: "tls", host: "xds.example", port: 18_000, secretsDirectory: "/b" } as const;
  const bootstrap = JSON.parse(formatBootstrap({ ...settings, xds }));
  const [cluster] = bootstrap.static_resources.clusters;
  const tls = cluster.transport_socket.typed_config;
  assert.equal(tls.sni, "xds.example");
  assert.equal(tls.common_tls_context.tls_params.tls_minimum_protocol_version, "TLSv1_3");
  assert.equal(tls.common_tls_context.tls_params.tls_maximum_protocol_version, "TLSv1_3");
  const [certificate] = tls.common_tls_context.tls_certificate_sds_secret_configs;
  assert.deepEqual(certificate.sds_config.path_config_source, {
    path: "/b/xds-certificate.json",
    watched_directory: { path: "/b" },
  });
  assert.equal(cluster.upstream_connection_options.tcp_keepalive.keepalive_probes, 3);
  assert.equal(bootstrap.dynamic_resources.ads_config.api_type, "DELTA_GRPC");
});

test("beside the administration interface only /ready is answered, and only where it is asked for", () => {
  const [listener] = JSON.parse(formatReadyBootstrap({ address: "fd00::1", port: 9001 }))
    .static_resources.listeners;
  assert.deepEqual(listener.address, {
    socket_address: { address: "fd00::1", port_value: 9001 },
  });
  const { clusters } = JSON.parse(
    formatBootstrap({ ...settings, isAskedWhetherReady: true }),
  ).static_resources;
  const { route_config } = listener.filter_chains[0].filters[0].typed_config;
  assert.deepEqual(
    route_config.virtual_hosts[0].routes.map(({ match }: { match: unknown }) => match),
    [{ path: "/ready" }],
  );
  assert.deepEqual(
    clusters.map(({ name }: { name: string }) => name),
    ["sekisho_xds", "sekisho_admin"],
  );
  const plain = JSON.parse(formatBootstrap(settings)).static_resources;
  assert.equal(plain.listeners, undefined);
});

test("a proxy without an id of its own takes the one of its command line", () => {
  const { nodeId: _, ...unnamed } = settings;
  assert.deepEqual(JSON.parse(formatBootstrap(unnamed)).node, { cluster: "edge" });
});

test("without an xDS endpoint nothing is dynamic", () => {
  const { xds: _, ...fixed } = settings;
  const bootstrap = fromBinary(BootstrapSchema, buildBootstrap(fixed));
  assert.equal(bootstrap.dynamicResources, undefined);
  assert.deepEqual(bootstrap.staticResources?.clusters, []);
});

test("a socket path that the system cannot hold is refused", () => {
  assert.equal(isSocketPath(`/${"x".repeat(106)}`), true);
  assert.equal(isSocketPath(`/${"x".repeat(107)}`), false);
  const long = `/${"é".repeat(60)}/admin.sock`;
  assert.throws(() => buildBootstrap({ ...settings, adminSocket: long }), /longer than 107 bytes/);
});

test("the heap may take four fifths of the memory, and 256 MiB at least", () => {
  assert.equal(defaultMaxHeapBytes(10_000_000_000), 8_000_000_000);
  assert.equal(defaultMaxHeapBytes(1), 256 * 1024 * 1024);
});
