/** What every object store promises, as tests: called with each implementation. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, OwnerReference } from "#kinds/object.ts";
import {
  addresses,
  collect,
  configMap,
  ingress,
  type Names,
  namesIn,
  type Register,
  rejectsWith,
  type StoreUnderTest,
} from "./contract-objects.ts";
import { watches } from "./contract-watches.ts";

/** Registers the suite. `open` makes an empty store. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const promise: Register = (sentence, check) => {
    test(sentence, async () => {
      const under = await open();
      try {
        await check({ ...under, ...namesIn(under.namespaces[0]) });
      } finally {
        await under.close();
      }
    });
  };
  describe(`${name} keeps the contract of an object store`, () => {
    writes(promise);
    statuses(promise);
    lists(promise);
    applies(promise);
    deletes(promise);
    watches(promise);
  });
}

function writes(promise: Register): void {
  promise(
    "what is created is read back with uid, generation and stamps",
    async ({ store, settle, ingress: draft, key }) => {
      const created = await store.create(draft("a"));
      await settle();
      const found = await store.get(key("a"));
      assert.deepEqual(found, created);
      assert.equal(found?.metadata.generation, 1);
      assert.match(found?.metadata.uid ?? "", /^[0-9a-f-]{36}$/);
      assert.match(found?.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  );
  promise("a name that is taken is not created again", async ({ store, ingress: draft }) => {
    await store.create(draft("a"));
    await rejectsWith("exists", () => store.create(draft("a")));
  });
  promise("names that are no DNS names are refused", async ({ store, ingress: draft }) => {
    await rejectsWith("invalid", () => store.create(draft("Not_A_Name")));
  });
  promise("an oversized object is refused", async ({ store, data }) => {
    await rejectsWith("invalid", () => store.create(data("big", { x: "y".repeat(2_000_000) })));
  });
  promise(
    "a replacement needs the current resourceVersion",
    async ({ store, ingress: draft, key }) => {
      const { resourceVersion } = (await store.create(draft("a"))).metadata;
      const replaced = await store.replace(key("a"), draft("a", "b.example"), resourceVersion);
      assert.deepEqual(replaced.body, { spec: { rules: [{ host: "b.example" }] } });
      assert.equal(replaced.metadata.generation, 2);
      await rejectsWith("conflict", () =>
        store.replace(key("a"), draft("a", "c.example"), resourceVersion),
      );
    },
  );
  promise(
    "a change of labels alone leaves the generation",
    async ({ store, ingress: draft, key }) => {
      const created = await store.create(draft("a"));
      const labelled = draft("a", "a.example", { labels: { l: "1" } });
      const { metadata } = await store.replace(
        key("a"),
        labelled,
        created.metadata.resourceVersion,
      );
      assert.equal(metadata.generation, 1);
      assert.deepEqual(metadata.labels, { l: "1" });
    },
  );
  promise("writes to what is not there are refused", async ({ store, ingress: draft, key }) => {
    await rejectsWith("not-found", () => store.replaceStatus(key("a"), {}));
    await rejectsWith("not-found", () => store.remove(key("a")));
    await rejectsWith("not-found", () => store.replace(key("a"), draft("a"), "1"));
  });
}

function statuses(promise: Register): void {
  promise("a status is replaced apart from the rest", async ({ store, ingress: draft, key }) => {
    const created = await store.create(draft("a"));
    const reported = await store.replaceStatus(key("a"), addresses("192.0.2.1"));
    assert.deepEqual(reported.status, addresses("192.0.2.1"));
    assert.equal(reported.metadata.generation, created.metadata.generation);
    const replaced = await store.replace(
      key("a"),
      draft("a", "b.example"),
      reported.metadata.resourceVersion,
    );
    assert.deepEqual(replaced.status, addresses("192.0.2.1"));
  });
  promise("a status that is the same is not written", async ({ store, ingress: draft, key }) => {
    const one = { ip: "192.0.2.1", hostname: "lb.example" };
    const other = { hostname: "lb.example", ip: "192.0.2.1" };
    await store.create(draft("a"));
    const first = await store.replaceStatus(key("a"), { loadBalancer: { ingress: [one] } });
    const second = await store.replaceStatus(key("a"), { loadBalancer: { ingress: [other] } });
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });
  promise(
    "a status under an old resourceVersion is refused",
    async ({ store, ingress: draft, key }) => {
      const { resourceVersion } = (await store.create(draft("a"))).metadata;
      const { metadata } = await store.replaceStatus(key("a"), addresses("192.0.2.1"));
      await rejectsWith("conflict", () =>
        store.replaceStatus(key("a"), addresses("192.0.2.2"), resourceVersion),
      );
      await store.replaceStatus(key("a"), addresses("192.0.2.2"), metadata.resourceVersion);
    },
  );
}

function lists(promise: Register): void {
  promise(
    "lists are sorted by namespace and name",
    async ({ store, settle, ingress: draft, namespaces }) => {
      const [first, second] = namespaces;
      const elsewhere = draft("a", "a.example", { namespace: second });
      await store.create(elsewhere);
      for (const name of ["b", "a", "c"]) await store.create(draft(name));
      await settle();
      const names = ({ items }: { readonly items: readonly KubeObject[] }): readonly string[] =>
        items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      assert.deepEqual(names(await store.list(ingress)), [
        `${first}/a`,
        `${first}/b`,
        `${first}/c`,
        `${second}/a`,
      ]);
      assert.deepEqual(names(await store.list(ingress, second)), [`${second}/a`]);
      assert.deepEqual(names(await store.list("Secret")), []);
    },
  );
}

function applies(promise: Register): void {
  promise("what is applied is created, then updated", async ({ store, ingress: draft }) => {
    await store.apply(draft("a"));
    const updated = await store.apply(draft("a", "b.example"));
    assert.deepEqual(updated.body, { spec: { rules: [{ host: "b.example" }] } });
    assert.equal(updated.metadata.generation, 2);
  });
  promise("applying the same again writes nothing", async ({ store, data }) => {
    const first = await store.apply(data("a", { x: "1" }));
    const second = await store.apply(data("a", { x: "1" }));
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });
  promise(
    "a field that was applied and is applied no more goes, one of others stays",
    async ({ store, settle, data, key }) => {
      const first = await store.apply(data("a", { ours: "1" }, { labels: { ours: "1" } }));
      const labels = { ours: "1", theirs: "1" };
      const theirs = data("a", { ours: "1", theirs: "1" }, { labels });
      await store.replace(key("a", configMap), theirs, first.metadata.resourceVersion);
      await settle();
      const updated = await store.apply(data("a", {}, { labels: {} }));
      assert.deepEqual(updated.body, { data: { theirs: "1" } });
      assert.deepEqual(updated.metadata.labels, { theirs: "1" });
    },
  );
  promise("a Secret is created and replaced, never applied", async ({ store, data }) => {
    await rejectsWith("invalid", () => store.apply({ ...data("a", {}), kind: "Secret" }));
  });
}

function deletes(promise: Register): void {
  promise("what is removed is gone", async ({ store, settle, ingress: draft, key }) => {
    await store.create(draft("a"));
    await store.remove(key("a"));
    await settle();
    assert.equal(await store.get(key("a")), undefined);
  });
  promise("a removal can insist on the object it means", async ({ store, ingress: draft, key }) => {
    const { uid, resourceVersion } = (await store.create(draft("a"))).metadata;
    const another = "00000000-0000-4000-8000-000000000000";
    await rejectsWith("conflict", () => store.remove(key("a"), { uid: another }));
    await store.remove(key("a"), { uid, resourceVersion });
  });
  promise("an object that returns is a new one", async ({ store, ingress: draft, key }) => {
    const first = await store.create(draft("a"));
    await store.remove(key("a"));
    const second = await store.create(draft("a"));
    assert.notEqual(second.metadata.uid, first.metadata.uid);
  });
  promise(
    "finalizers hold an object until the last is taken away",
    async ({ store, settle, ingress: draft, key }) => {
      await store.create(draft("a", "a.example", { finalizers: ["example.com/hold"] }));
      await store.remove(key("a"));
      await settle();
      const held = await store.get(key("a"));
      assert.ok(held?.metadata.deletionTimestamp !== undefined);
      await store.replace(key("a"), draft("a"), held.metadata.resourceVersion);
      await settle();
      assert.equal(await store.get(key("a")), undefined);
    },
  );
  promise("objects go when their last owner is gone", goesWithItsOwners);
}

async function goesWithItsOwners(under: StoreUnderTest & Names): Promise<void> {
  const { store, settle, ingress: draft, key } = under;
  const owner = ({ metadata }: KubeObject): OwnerReference => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    name: metadata.name,
    uid: metadata.uid,
  });
  const owned = (name: string, ...owners: readonly KubeObject[]): Promise<KubeObject> =>
    store.create(draft(name, "a.example", { ownerReferences: owners.map(owner) }));
  const one = await store.create(draft("one"));
  const two = await store.create(draft("two"));
  await owned("grandchild", await owned("child", one, two));
  await store.remove(key("one"));
  await settle();
  assert.ok((await store.get(key("child"))) !== undefined);
  const { point } = await store.list(ingress);
  await store.remove(key("two"));
  await settle();
  // An API server collects in its own time.
  const gone = await collect(store, point, (event) => event.startsWith("deleted grandchild"));
  assert.ok(gone.some((event) => event.startsWith("deleted child")));
}
