import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "#gen/envoy/config/cluster/v3/cluster_pb.ts";
import { ClusterLoadAssignmentSchema } from "#gen/envoy/config/endpoint/v3/endpoint_pb.ts";
import { HttpProtocolOptionsSchema } from "#gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import type { Backend, Endpoint } from "#model/backend.ts";
import { backendName } from "#model/backend.ts";
import { buildCluster } from "./cluster.ts";
import { buildEndpoints } from "./endpoints.ts";

const backend: Backend = {
  namespace: "default",
  service: "tea",
  port: "http",
  protocol: "http1",
  connectTimeoutMs: 5000,
};

test("a cluster is named by its backend and asks for its endpoints by that name", () => {
  const resource = buildCluster(backend);
  const cluster = fromBinary(ClusterSchema, resource.bytes);
  assert.equal(resource.name, "default/tea:http");
  assert.equal(cluster.name, "default/tea:http");
  assert.equal(cluster.edsClusterConfig?.serviceName, "");
  assert.equal(cluster.edsClusterConfig?.edsConfig?.configSourceSpecifier.case, "ads");
  assert.equal(cluster.connectTimeout?.seconds, 5n);
});

test("the protocol of a backend decides between HTTP/1.1 and HTTP/2", () => {
  for (const [protocol, option] of [
    ["http1", "httpProtocolOptions"],
    ["h2c", "http2ProtocolOptions"],
  ] as const) {
    const { bytes } = buildCluster({ ...backend, protocol });
    const [any] = Object.values(fromBinary(ClusterSchema, bytes).typedExtensionProtocolOptions);
    assert.ok(any);
    const options = anyUnpack(any, HttpProtocolOptionsSchema)?.upstreamProtocolOptions;
    assert.ok(options?.case === "explicitHttpConfig");
    assert.equal(options.value.protocolConfig.case, option);
  }
});

test("a backend may have its own connections for each client, and a limit of those who wait", () => {
  const { bytes } = buildCluster({ ...backend, connections: "per-client", maxWaiting: 18 });
  const cluster = fromBinary(ClusterSchema, bytes);
  assert.equal(cluster.connectionPoolPerDownstreamConnection, true);
  assert.equal(cluster.circuitBreakers?.thresholds[0]?.maxPendingRequests, 18);
});

function addresses(endpoints: readonly Endpoint[]): readonly string[] {
  const { bytes } = buildEndpoints(backendName(backend), endpoints);
  const assignment = fromBinary(ClusterLoadAssignmentSchema, bytes);
  assert.equal(assignment.clusterName, "default/tea:http");
  return assignment.endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier }) => {
      assert.ok(hostIdentifier.case === "endpoint");
      const address = hostIdentifier.value.address?.address;
      assert.ok(address?.case === "socketAddress");
      return `${address.value.address} ${address.value.portSpecifier.value}`;
    }),
  );
}

test("neither order nor repetition of endpoints shows", () => {
  const endpoints: readonly Endpoint[] = [
    { address: "10.0.0.2", port: 80 },
    { address: "10.0.0.1", port: 8080 },
    { address: "10.0.0.2", port: 80 },
    { address: "10.0.0.1", port: 80 },
    { address: "::1", port: 80 },
  ];
  assert.deepEqual(addresses(endpoints), ["10.0.0.1 80", "10.0.0.1 8080", "10.0.0.2 80", "::1 80"]);
  assert.equal(
    buildEndpoints(backendName(backend), endpoints).version,
    buildEndpoints(backendName(backend), endpoints.toReversed()).version,
  );
});

test("a backend without endpoints is answered with none", () => {
  assert.deepEqual(addresses([]), []);
});
