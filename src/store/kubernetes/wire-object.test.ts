import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeObject, encodeDraft, replaceContent } from "./wire-object.ts";

const type = { apiVersion: "example.com/v1", kind: "Widget" };

const wire = {
  metadata: {
    name: "w",
    namespace: "default",
    uid: "u",
    resourceVersion: "7",
    generateName: "w-",
    managedFields: [{ manager: "somebody" }],
    labels: { a: "1" },
  },
  spec: { size: 1, unheardOf: { of: true } },
  data: { beside: "spec" },
  status: { ready: true },
};

test("fields that nobody knows are in the body, the managed fields are not kept", () => {
  const object = decodeObject(wire, type);
  assert.deepEqual(object.body, { spec: wire.spec, data: wire.data });
  assert.deepEqual(object.status, { ready: true });
  assert.equal(object.kind, "Widget");
  assert.doesNotMatch(JSON.stringify(object), /somebody/);
});

test("a kind without generations has the generation 0", () => {
  assert.equal(decodeObject(wire, type).metadata.generation, 0);
});

test("replacing the content leaves the status and the metadata that drafts do not hold", () => {
  const metadata = { name: "w", namespace: "default", labels: { b: "2" } };
  const replaced = replaceContent(wire, { ...type, metadata, body: { spec: { size: 2 } } });
  assert.deepEqual(replaced, {
    ...type,
    spec: { size: 2 },
    status: { ready: true },
    metadata: {
      ...wire.metadata,
      labels: { b: "2" },
      annotations: {},
      finalizers: [],
      ownerReferences: [],
    },
  });
});

test("a draft of a cluster-scoped kind names no namespace, and only what it was given", () => {
  const metadata = { name: "w", namespace: "" };
  assert.deepEqual(encodeDraft({ ...type, metadata, body: { spec: {} } }), {
    ...type,
    metadata: { name: "w" },
    spec: {},
  });
});

test("what is no object is refused", () => {
  for (const value of [null, [], "text", {}, { metadata: 1 }])
    assert.throws(() => decodeObject(value, type), /sent no Widget/);
});
