import assert from "node:assert/strict";
import test from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { BootstrapSchema } from "#gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { ApiConfigSource_ApiType } from "#gen/envoy/config/core/v3/config_source_pb.ts";
import { buildBootstrap, defaultMaxHeapBytes, isSocketPath } from "./bootstrap.ts";

const settings = {
  nodeId: "gate",
  nodeCluster: "edge",
  adminSocket: "/run/s/admin.sock",
  xdsSocket: "/run/s/xds.sock",
  maxHeapBytes: 2 ** 30,
};

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

test("without an xDS socket nothing is dynamic", () => {
  const { xdsSocket: _, ...fixed } = settings;
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
