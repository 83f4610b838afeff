import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, JsonObject } from "#base/json.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { deploymentKind } from "./deployment.ts";
import { read } from "./kind.ts";
import type { KubeObject } from "./object.ts";

function convert(apiVersion: string, spec: JsonObject): JsonObject {
  const conversion = deploymentKind.legacy[apiVersion];
  assert.ok(conversion);
  const raw = conversion({ apiVersion, kind: "Deployment", metadata: { name: "a" }, spec });
  assert.equal(raw["apiVersion"], "apps/v1");
  return raw["spec"] as JsonObject;
}

const template = {
  metadata: { labels: { pod: "api" } },
  spec: { containers: [{ name: "c", image: "i" }] },
};

function object(spec: JsonObject, status?: Json): KubeObject {
  return storedObject({ apiVersion: "apps/v1", kind: "Deployment", body: { spec }, status });
}

test("a retired version without a selector selects the labels of its template", () => {
  for (const version of ["extensions/v1beta1", "apps/v1beta1"]) {
    const spec = convert(version, { template });
    assert.deepEqual(spec["selector"], { matchLabels: { pod: "api" } });
    const known = read(deploymentKind, object(spec));
    assert.deepEqual(known.problems, []);
  }
});

test("retired versions keep their own defaults for rolling updates and deadlines", () => {
  const extensions = convert("extensions/v1beta1", { template });
  assert.deepEqual(extensions["strategy"], {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1, maxUnavailable: 1 },
  });
  assert.equal(extensions["progressDeadlineSeconds"], 2_147_483_647);
  const beta = convert("apps/v1beta1", {
    template,
    strategy: { rollingUpdate: { maxSurge: 2 } },
  });
  assert.deepEqual(beta["strategy"], {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 2, maxUnavailable: "25%" },
  });
  const recreate = convert("extensions/v1beta1", { template, strategy: { type: "Recreate" } });
  assert.deepEqual(recreate["strategy"], { type: "Recreate" });
});

test("a given selector stays as it is", () => {
  const selector = { matchLabels: { other: "x" } };
  assert.deepEqual(convert("extensions/v1beta1", { template, selector })["selector"], selector);
});

test("the columns are those of kubectl", () => {
  const spec = { replicas: 3, selector: { matchLabels: { pod: "api" } }, template };
  const known = read(
    deploymentKind,
    object(spec, { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 }),
  );
  const printed = deploymentKind.columns.map(({ title, value }) => [title, value(known)]);
  assert.deepEqual(printed, [
    ["READY", "2/3"],
    ["UP-TO-DATE", "3"],
    ["AVAILABLE", "1"],
    ["CONTAINERS", "c"],
    ["IMAGES", "i"],
    ["SELECTOR", "pod=api"],
  ]);
});
