import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#kinds/object.ts";
import { ObjectView, type ViewChange } from "./object-view.ts";

function pod(uid: string, resourceVersion: string, deletionTimestamp?: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "a",
      namespace: "default",
      uid,
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion,
      labels: {},
      annotations: {},
      finalizers: [],
      ownerReferences: [],
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    body: {},
  };
}

function view(): { readonly objects: ObjectView; readonly changes: ViewChange[] } {
  const changes: ViewChange[] = [];
  const store = {
    list: async () => ({ items: [], point: "1" }),
    watch: async function* () {
      yield* [];
    },
  };
  return {
    objects: new ObjectView(store, ["Pod"], (change) => void changes.push(change)),
    changes,
  };
}

const version = (objects: ObjectView): string | undefined =>
  objects.get("Pod", "default", "a")?.metadata.resourceVersion;

test("an answer to our write shows at once, and older news of the same object does not undo it", () => {
  const { objects, changes } = view();
  objects.observe(pod("u", "5"));
  objects.observe(pod("u", "4"));
  objects.observe(pod("u", "5"));
  assert.equal(version(objects), "5");
  assert.equal(changes.length, 1);
  objects.observe(pod("u", "6"));
  assert.equal(version(objects), "6");
});

test("what we removed does not come back with late news, but a new object of its name does", () => {
  const { objects } = view();
  objects.observe(pod("u", "5"));
  objects.forget(pod("u", "5"));
  objects.observe(pod("u", "6"));
  assert.equal(version(objects), undefined);
  objects.observe(pod("v", "7"));
  assert.equal(version(objects), "7");
});

test("that an object goes counts although its version is the same", () => {
  const { objects, changes } = view();
  objects.observe(pod("u", "5"));
  objects.observe(pod("u", "5", "2026-01-01T00:00:00Z"));
  objects.observe(pod("u", "5"));
  assert.equal(changes.length, 2);
  assert.ok(objects.get("Pod", "default", "a")?.metadata.deletionTimestamp);
});
