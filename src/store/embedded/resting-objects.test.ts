import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#kinds/object.ts";
import { RestingObjects } from "./resting-objects.ts";

function secretOf(name: string, resourceVersion = "1"): KubeObject {
  return {
    ...{ apiVersion: "v1", kind: "Secret" },
    metadata: {
      ...{ name, namespace: "default", uid: `uid of ${name}`, generation: 1, resourceVersion },
      ...{ creationTimestamp: "2026-01-01T00:00:00Z", labels: {}, annotations: {} },
      ...{ finalizers: [], ownerReferences: [] },
    },
    body: { data: { value: `${name} ${resourceVersion}` } },
  };
}

/** Rows, and which of them were read. */
function rowsOf(...objects: readonly KubeObject[]): {
  readonly rows: Map<string, KubeObject>;
  readonly read: string[];
  readonly resting: RestingObjects;
} {
  const rows = new Map(objects.map((one) => [`Secret/default/${one.metadata.name}`, one]));
  const read: string[] = [];
  const resting = new RestingObjects((key) => {
    read.push(key);
    return rows.get(key);
  });
  return { rows, read, resting };
}

const many = Array.from({ length: 300 }, (_, index) => secretOf(`s-${index}`));

test("a resting object is what it was, to whoever compares, copies or writes it", () => {
  const { resting } = rowsOf();
  const [plain, withStatus] = [secretOf("a"), { ...secretOf("b"), status: { is: "there" } }];
  for (const one of [plain, withStatus]) {
    const rests = resting.rest(one);
    assert.deepEqual(rests, one);
    assert.deepEqual({ ...rests }, one);
    assert.equal(JSON.stringify(rests), JSON.stringify(one));
  }
});

test("what was not read of late is read from its row, once", () => {
  const { read, resting } = rowsOf(...many);
  const [first] = many.map((one) => resting.rest(one));
  assert.deepEqual(read, []);
  assert.deepEqual(first?.body, many[0]?.body);
  assert.deepEqual(first?.body, many[0]?.body);
  assert.deepEqual(read, ["Secret/default/s-0"]);
});

test("one that was woken stays what it was when its row changes or goes", () => {
  const { rows, resting } = rowsOf(...many);
  const [first] = many.map((one) => resting.rest(one));
  assert.ok(first);
  resting.wake(first);
  rows.set("Secret/default/s-0", secretOf("s-0", "2"));
  assert.deepEqual(first, many[0]);
  rows.delete("Secret/default/s-0");
  resting.wake(first);
  assert.deepEqual(first, many[0]);
});

test("what another version says is never told of this one", () => {
  const { rows, resting } = rowsOf(...many);
  const [first] = many.map((one) => resting.rest(one));
  rows.set("Secret/default/s-0", secretOf("s-0", "2"));
  assert.throws(() => first?.body, /not the one that was read/);
});

test("objects of other kinds are kept as they are", () => {
  const { resting } = rowsOf();
  const service = { ...secretOf("a"), kind: "Service" };
  assert.equal(resting.rest(service), service);
});
