import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { ScopedRouteConfigurationSchema } from "#gen/envoy/config/route/v3/scoped_route_pb.ts";
import { hostFromText } from "#model/host.ts";
import type { Resource } from "../resource.ts";
import { buildScope, scopeKey } from "./scope.ts";
import { buildWildcardIndex, type WildcardEntry } from "./wildcard-index.ts";

/** Host (`formatHost`) → what the scope header must say. */
const keys: Readonly<Record<string, string>> = {
  "shop.test": "h/shop.test",
  "*.shop.test": "+.shop.test",
  "**.shop.test": "*.shop.test",
  "*": "*",
};

for (const [host, key] of Object.entries(keys)) {
  test(`the scope of ${host} has the key ${key} and leads to the host's own routes`, () => {
    const resource = buildScope(hostFromText(host));
    const scope = fromBinary(ScopedRouteConfigurationSchema, resource.bytes);
    assert.equal(resource.name, `host/${host}`);
    assert.equal(scope.routeConfigurationName, `host/${host}`);
    assert.deepEqual(
      scope.key?.fragments.map(({ type }) => type.value),
      [key],
    );
  });
}

test("no authority that a client can send makes the key of a wildcard, of every host or of the index", () => {
  for (const authority of ["*", "#", "+.shop.test", "*.shop.test"]) {
    assert.equal(scopeKey({ kind: "exact", name: authority }), `h/${authority}`);
  }
});

type Connection = WildcardEntry["connection"];

function indexOf(hosts: Readonly<Record<string, Connection>>): Resource {
  const entries = Object.entries(hosts);
  return buildWildcardIndex(new Map(entries.map(([host, connection]) => [host, { connection }])));
}

function metadataOf(hosts: Readonly<Record<string, Connection>>): unknown {
  const scope = fromBinary(ScopedRouteConfigurationSchema, indexOf(hosts).bytes);
  const [virtualHost] = scope.routeConfiguration?.virtualHosts ?? [];
  return virtualHost?.routes[0]?.metadata?.filterMetadata["envoy.filters.http.lua"];
}

test("the index names every wildcard by its scope, with what is said of it", () => {
  assert.deepEqual(metadataOf({ "**.b.test": true, "*.a.test": "tls/a", "*": "tls/every" }), {
    "*": "tls/every",
    "*.b.test": true,
    "+.a.test": "tls/a",
  });
});

test("the index of no wildcard is there too, with a route for the scripts to read", () => {
  assert.deepEqual(metadataOf({}), {});
});

test("the order of the wildcards does not show in the index", () => {
  const one = indexOf({ "*.a.test": true, "**.a.test": true, "*.b.test": true });
  const other = indexOf({ "*.b.test": true, "**.a.test": true, "*.a.test": true });
  assert.equal(one.version, other.version);
});
