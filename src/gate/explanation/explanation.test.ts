import assert from "node:assert/strict";
import { test } from "node:test";
import { storedObject } from "#test/fakes/stored-object.ts";
import { createTestPipeline } from "#test/system/harness/test-gate.ts";
import { explain, requestOf } from "./explanation.ts";

const version = "k8s.nginx.org/v1";

test("what a request must get past before a route answers it is said", async () => {
  const pipeline = createTestPipeline({}, { http: 80, https: 443 });
  const objects = [
    {
      ...{ apiVersion: version, kind: "VirtualServer", name: "shop" },
      body: {
        spec: {
          host: "shop.test",
          policies: [{ name: "offices" }, { name: "rate" }],
          routes: [{ path: "/", action: { return: { body: "in" } } }],
        },
      },
    },
    {
      ...{ apiVersion: version, kind: "Policy", name: "offices" },
      body: { spec: { accessControl: { allow: ["10.0.0.0/8"] } } },
    },
    {
      ...{ apiVersion: version, kind: "Policy", name: "rate" },
      body: { spec: { rateLimit: { rate: "1r/s", key: `\${request_uri}` } } },
    },
  ];
  for (const { name, ...object } of objects)
    pipeline.set(storedObject({ ...object, metadata: { name, namespace: "default" } }));
  pipeline.flush();
  const { answer, steps } = await explain(requestOf(new URL("http://shop.test/a")), {
    gateway: pipeline.gateway,
    locate: () => Promise.resolve(undefined),
    endpointsOf: () => Promise.resolve([]),
  });
  assert.equal(answer, "200");
  assert.deepEqual(
    steps.filter(({ step }) => step === "guard").map(({ text }) => text),
    ["who may not pass is turned away: limits of rate (503); addresses: only 10.0.0.0/8"],
  );
});
