import assert from "node:assert/strict";
import { test } from "node:test";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Origin } from "#base/origin.ts";
import { LocalRateLimitSchema } from "#gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts";
import type { RateLimits } from "#model/rate-limit.ts";
import type { Route } from "#model/route.ts";
import { ownLimits, sharedLimits } from "./shared-limits.ts";

const origin: Origin = { kind: "VirtualServer", namespace: "default", name: "shop", path: "" };

function limitsOf(requests: number): RateLimits {
  const limit = { key: ["all"], requests, perMs: 1000, burst: 0, mostKeys: 10 };
  return { limits: [limit], status: 429 };
}

function route(path: string, rateLimits?: RateLimits): Route {
  return {
    match: { kind: "prefix", path },
    action: { kind: "respond", status: 200 },
    ...(rateLimits === undefined ? {} : { rateLimits }),
    origin,
  };
}

test("what most routes with limits have is the host's; others say what they have", () => {
  const rare = route("/a", limitsOf(1));
  const common = route("/b", limitsOf(2));
  const open = route("/d");
  const shared = sharedLimits([rare, common, route("/c", limitsOf(2)), open]);
  assert.deepEqual(shared, limitsOf(2));
  assert.deepEqual(ownLimits(common, shared), {});
  assert.deepEqual(
    [rare, open].map((one) => Object.values(ownLimits(one, shared)).map(descriptors)),
    [[1], [0]],
  );
});

test("a host without limits says nothing of them", () => {
  assert.equal(sharedLimits([route("/")]), undefined);
  assert.deepEqual(ownLimits(route("/"), undefined), {});
});

function descriptors(config: Parameters<typeof anyUnpack>[0]): number | undefined {
  return anyUnpack(config, LocalRateLimitSchema)?.descriptors.length;
}
