import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareInTurn, compareText } from "#base/compare.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { ObjectSet } from "./object-set.ts";

/** An object; reading what is in it counts. */
function objectNamed(
  kind: string,
  namespace: string,
  name: string,
  read: () => void = () => undefined,
): KubeObject {
  const metadata = {
    name,
    namespace,
    uid: "",
    creationTimestamp: "2026-01-01T00:00:00Z",
    generation: 1,
    resourceVersion: "1",
    labels: {},
    annotations: {},
    finalizers: [],
    ownerReferences: [],
  };
  return {
    apiVersion: "v1",
    kind,
    get metadata(): KubeObject["metadata"] {
      read();
      return metadata;
    },
    body: {},
  };
}

const objects = fc
  .tuple(
    fc.constantFrom("Pod", "Secret", "Pod2"),
    fc.constantFrom("", "a", "a-b"),
    fc.constantFrom("x", "y", "y-z"),
  )
  .map(([kind, namespace, name]) => objectNamed(kind, namespace, name));

const inOrder = compareInTurn<KubeObject>(
  (a, b) => compareText(a.metadata.namespace, b.metadata.namespace),
  (a, b) => compareText(a.metadata.name, b.metadata.name),
);

test("a list is every object of the kind and namespace, in order, after any puts and deletes", () => {
  const steps = fc.array(fc.record({ step: fc.constantFrom("put", "delete"), object: objects }));
  fc.assert(
    fc.property(steps, (sequence) => {
      const set = new ObjectSet();
      const reference = new Map<string, KubeObject>();
      for (const { step, object } of sequence) {
        const key = formatKey(keyOf(object));
        if (step === "put") {
          set.put(object);
          reference.set(key, object);
        } else {
          set.delete(key);
          reference.delete(key);
        }
        assert.equal(set.get(key), reference.get(key));
      }
      assert.deepEqual(new Set(set.all()), new Set(reference.values()));
      for (const kind of ["Pod", "Secret", "Pod2", "None"]) {
        for (const namespace of [undefined, "", "a", "a-b"]) {
          const wanted = [...reference.values()]
            .filter((object) => object.kind === kind)
            .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
            .sort(inOrder);
          assert.deepEqual(set.list(kind, namespace), wanted);
        }
      }
    }),
  );
});

test("a list looks at nothing but what it lists, whatever else is there", () => {
  const costs = [0, 1000].map((others) => {
    let reads = 0;
    const count = (): void => {
      reads += 1;
    };
    const set = new ObjectSet();
    for (let index = 0; index < others; index++) {
      set.put(objectNamed("Secret", "a", `s-${index}`, count));
      set.put(objectNamed("Pod", "b", `p-${index}`, count));
    }
    for (const name of ["x", "y", "z"]) set.put(objectNamed("Pod", "a", name, count));
    reads = 0;
    assert.equal(set.list("Pod", "a").length, 3);
    return reads;
  });
  assert.equal(costs[0], costs[1]);
});
