import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import { HeaderValueOption_HeaderAppendAction } from "#gen/envoy/config/core/v3/base_pb.ts";
import { RouteConfigurationSchema } from "#gen/envoy/config/route/v3/route_pb.ts";
import { encodeMessage } from "./encode-message.ts";

type RouteConfiguration = MessageInitShape<typeof RouteConfigurationSchema>;
type Route = NonNullable<NonNullable<RouteConfiguration["virtualHosts"]>[number]["routes"]>[number];

const withRoute = (route: Route): RouteConfiguration => ({
  name: "r",
  virtualHosts: [{ name: "v", domains: ["*", "ü".repeat(200)], routes: [route] }],
});

const forms: Readonly<Record<string, RouteConfiguration>> = {
  "texts, lists, wrapped numbers": {
    name: "a",
    requestHeadersToRemove: ["x", "y"],
    maxDirectResponseBodySizeBytes: 0,
    ignorePortInHostMatching: true,
    virtualHosts: [],
  },
  "what is zero or absent": { name: "", ignorePathParametersInPathMatching: false, vhds: {} },
  "one of several, an enumeration, a wrapped zero": withRoute({
    match: { pathSpecifier: { case: "prefix", value: "" }, caseSensitive: false },
    action: { case: "directResponse", value: { status: 421 } },
    requestHeadersToAdd: [
      {
        header: { key: "k", value: "v" },
        appendAction: HeaderValueOption_HeaderAppendAction.ADD_IF_ABSENT,
      },
    ],
  }),
  "durations, packed numbers": withRoute({
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: "c" },
        timeout: { seconds: 0n, nanos: 0 },
        idleTimeout: { seconds: -300n, nanos: 500_000_000 },
        retryPolicy: { retryOn: "5xx", numRetries: 1, retriableStatusCodes: [503, 200] },
      },
    },
  }),
  "maps, bytes, structures": withRoute({
    metadata: { filterMetadata: { lua: { a: [1, "b", { c: null }], d: true } } },
    typedPerFilterConfig: {
      one: { typeUrl: "t", value: new Uint8Array([1, 2]) },
      two: { typeUrl: "", value: new Uint8Array() },
    },
  }),
};

for (const [name, init] of Object.entries(forms)) {
  test(`${name}: the bytes hold the message that the library makes`, () => {
    const whole = create(RouteConfigurationSchema, init);
    const bytes = toBinary(RouteConfigurationSchema, whole);
    for (const encoded of [init, whole].map((one) =>
      encodeMessage(RouteConfigurationSchema, one),
    )) {
      assert.ok(
        equals(RouteConfigurationSchema, fromBinary(RouteConfigurationSchema, encoded), whole),
      );
      assert.equal(encoded.length, bytes.length);
    }
  });
}

test("a message that cannot be encoded leaves nothing behind in the next one", () => {
  const broken = withRoute({ action: { case: "directResponse", value: { status: -1 } } });
  assert.throws(() => encodeMessage(RouteConfigurationSchema, broken));
  const next = encodeMessage(RouteConfigurationSchema, { name: "next" });
  assert.deepEqual(fromBinary(RouteConfigurationSchema, next).name, "next");
});
