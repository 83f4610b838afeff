/** What every object store promises, as tests: called with each implementation. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import {
  type Draft,
  type ObjectStore,
  StoreError,
  type StoreErrorCode,
  type WatchBatch,
} from "./object-store.ts";

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Makes everything written so far visible, where reads may lag. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const configMap = "ConfigMap";

function draft(
  name: string,
  data: Readonly<Record<string, string>> = {},
  more: Partial<Draft["metadata"]> = {},
): Draft {
  return {
    apiVersion: "v1",
    kind: configMap,
    metadata: { name, namespace: "default", ...more },
    body: { data },
  };
}

function key(name: string): ObjectKey {
  return { kind: configMap, namespace: "default", name };
}

async function rejectsWith(code: StoreErrorCode, act: () => Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error) => error instanceof StoreError && error.code === code);
}

/** Registers the suite. `open` makes an empty store. */
export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const promise = (sentence: string, check: (under: StoreUnderTest) => Promise<void>): void => {
    test(sentence, async () => {
      const under = await open();
      try {
        await check(under);
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

type Register = (sentence: string, check: (under: StoreUnderTest) => Promise<void>) => void;

function writes(promise: Register): void {
  promise(
    "what is created is read back with uid, generation and stamps",
    async ({ store, settle }) => {
      const created = await store.create(draft("a", { x: "1" }));
      await settle();
      const found = await store.get(key("a"));
      assert.deepEqual(found, created);
      assert.equal(found?.metadata.generation, 1);
      assert.match(found?.metadata.uid ?? "", /^[0-9a-f-]{36}$/);
      assert.match(found?.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  );
  promise("a name that is taken is not created again", async ({ store }) => {
    await store.create(draft("a"));
    await rejectsWith("exists", () => store.create(draft("a")));
  });
  promise("names that are no DNS names are refused", async ({ store }) => {
    await rejectsWith("invalid", () => store.create(draft("Not_A_Name")));
  });
  promise("an oversized object is refused", async ({ store }) => {
    await rejectsWith("invalid", () => store.create(draft("big", { x: "y".repeat(2_000_000) })));
  });
  promise("a replacement needs the current resourceVersion", async ({ store }) => {
    const created = await store.create(draft("a", { x: "1" }));
    const { resourceVersion } = created.metadata;
    const replaced = await store.replace(key("a"), draft("a", { x: "2" }), resourceVersion);
    assert.deepEqual(replaced.body, { data: { x: "2" } });
    assert.equal(replaced.metadata.generation, 2);
    await rejectsWith("conflict", () =>
      store.replace(key("a"), draft("a", { x: "3" }), resourceVersion),
    );
  });
  promise("a change of labels alone leaves the generation", async ({ store }) => {
    const created = await store.create(draft("a"));
    const replaced = await store.replace(
      key("a"),
      draft("a", {}, { labels: { l: "1" } }),
      created.metadata.resourceVersion,
    );
    assert.equal(replaced.metadata.generation, 1);
    assert.deepEqual(replaced.metadata.labels, { l: "1" });
  });
}

function statuses(promise: Register): void {
  promise("a status is replaced apart from the rest", async ({ store }) => {
    const created = await store.create(draft("a", { x: "1" }));
    const reported = await store.replaceStatus(key("a"), { phase: "Ready" });
    assert.deepEqual(reported.status, { phase: "Ready" });
    assert.equal(reported.metadata.generation, created.metadata.generation);
    const replaced = await store.replace(
      key("a"),
      draft("a", { x: "2" }),
      reported.metadata.resourceVersion,
    );
    assert.deepEqual(replaced.status, { phase: "Ready" });
  });
  promise("a status that is the same is not written", async ({ store }) => {
    await store.create(draft("a"));
    const first = await store.replaceStatus(key("a"), { phase: "Ready", n: 1 });
    const second = await store.replaceStatus(key("a"), { n: 1, phase: "Ready" });
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });
  promise("a status under an old resourceVersion is refused", async ({ store }) => {
    const created = await store.create(draft("a"));
    await store.replaceStatus(key("a"), { n: 1 });
    await rejectsWith("conflict", () =>
      store.replaceStatus(key("a"), { n: 2 }, created.metadata.resourceVersion),
    );
  });
  promise("writes to what is not there are refused", async ({ store }) => {
    await rejectsWith("not-found", () => store.replaceStatus(key("a"), {}));
    await rejectsWith("not-found", () => store.remove(key("a")));
    await rejectsWith("not-found", () => store.replace(key("a"), draft("a"), "1"));
  });
}

function lists(promise: Register): void {
  promise("lists are sorted by namespace and name", async ({ store, settle }) => {
    for (const name of ["b", "a", "c"]) await store.create(draft(name));
    await store.create(draft("a", {}, { namespace: "aaa" }));
    await settle();
    const names = ({ items }: { readonly items: readonly KubeObject[] }): readonly string[] =>
      items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(names(await store.list(configMap)), [
      "aaa/a",
      "default/a",
      "default/b",
      "default/c",
    ]);
    assert.deepEqual(names(await store.list(configMap, "aaa")), ["aaa/a"]);
    assert.deepEqual(names(await store.list("Secret")), []);
  });
}

function applies(promise: Register): void {
  promise("what is applied is created, then updated", async ({ store }) => {
    await store.apply(draft("a", { x: "1" }));
    const updated = await store.apply(draft("a", { x: "2" }));
    assert.deepEqual(updated.body, { data: { x: "2" } });
    assert.equal(updated.metadata.generation, 2);
  });
  promise("applying the same again writes nothing", async ({ store }) => {
    const first = await store.apply(draft("a", { x: "1" }));
    const second = await store.apply(draft("a", { x: "1" }));
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });
  promise(
    "a field that was applied and is applied no more goes, one of others stays",
    async ({ store, settle }) => {
      const first = await store.apply(draft("a", { ours: "1" }, { labels: { ours: "1" } }));
      const theirs = draft("a", { ours: "1", theirs: "1" }, { labels: { ours: "1", theirs: "1" } });
      await store.replace(key("a"), theirs, first.metadata.resourceVersion);
      await settle();
      const updated = await store.apply(draft("a", {}, { labels: {} }));
      assert.deepEqual(updated.body, { data: { theirs: "1" } });
      assert.deepEqual(updated.metadata.labels, { theirs: "1" });
    },
  );
}

function deletes(promise: Register): void {
  promise("what is removed is gone", async ({ store, settle }) => {
    await store.create(draft("a"));
    await store.remove(key("a"));
    await settle();
    assert.equal(await store.get(key("a")), undefined);
  });
  promise("a removal can insist on the object it means", async ({ store }) => {
    const created = await store.create(draft("a"));
    await rejectsWith("conflict", () => store.remove(key("a"), { uid: "another" }));
    await store.remove(key("a"), {
      uid: created.metadata.uid,
      resourceVersion: created.metadata.resourceVersion,
    });
  });
  promise("an object that returns is a new one", async ({ store }) => {
    const first = await store.create(draft("a"));
    await store.remove(key("a"));
    const second = await store.create(draft("a"));
    assert.notEqual(second.metadata.uid, first.metadata.uid);
  });
  promise("finalizers hold an object until the last is taken away", async ({ store, settle }) => {
    await store.create(draft("a", {}, { finalizers: ["example.com/hold"] }));
    await store.remove(key("a"));
    await settle();
    const held = await store.get(key("a"));
    assert.ok(held?.metadata.deletionTimestamp !== undefined);
    await store.replace(key("a"), draft("a"), held.metadata.resourceVersion);
    await settle();
    assert.equal(await store.get(key("a")), undefined);
  });
  promise("objects go when their last owner is gone", async ({ store, settle }) => {
    const one = await store.create(draft("one"));
    const two = await store.create(draft("two"));
    const ownerReferences = [one, two].map(({ metadata }) => ({
      apiVersion: "v1",
      kind: configMap,
      name: metadata.name,
      uid: metadata.uid,
    }));
    const child = await store.create(draft("child", {}, { ownerReferences }));
    const owner = { apiVersion: "v1", kind: configMap, name: "child", uid: child.metadata.uid };
    await store.create(draft("grandchild", {}, { ownerReferences: [owner] }));
    await store.remove(key("one"));
    await settle();
    assert.ok((await store.get(key("child"))) !== undefined);
    await store.remove(key("two"));
    await settle();
    assert.equal(await store.get(key("child")), undefined);
    assert.equal(await store.get(key("grandchild")), undefined);
  });
}

function watches(promise: Register): void {
  promise(
    "a watch from a listing sees every later change once, in order",
    async ({ store, settle }) => {
      await store.create(draft("before"));
      await settle();
      const { resourceVersion } = await store.list(configMap);
      const a = await store.create(draft("a"));
      await store.replace(key("a"), draft("a", { x: "1" }), a.metadata.resourceVersion);
      await store.remove(key("a"));
      await settle();
      assert.deepEqual(await collect(store, resourceVersion, 3), [
        "set a {}",
        'set a {"x":"1"}',
        'deleted a {"x":"1"}',
      ]);
    },
  );
  promise("a watch goes on after the batch it has seen", async ({ store, settle }) => {
    await settle();
    const { resourceVersion } = await store.list(configMap);
    await store.create(draft("a"));
    await settle();
    const stop = new AbortController();
    const batches = store.watch([configMap], resourceVersion, stop.signal)[Symbol.asyncIterator]();
    const first = (await batches.next()).value as WatchBatch;
    stop.abort();
    await batches.return?.();
    await store.create(draft("b"));
    await settle();
    assert.deepEqual(await collect(store, first.resourceVersion, 1), ["set b {}"]);
  });
  promise("a watch waits for what is yet to come", async ({ store, settle }) => {
    await settle();
    const { resourceVersion } = await store.list(configMap);
    const waiting = collect(store, resourceVersion, 1);
    await store.create(draft("late"));
    await settle();
    assert.deepEqual(await waiting, ["set late {}"]);
  });
  promise("a watch hears of the kinds it asked for alone", async ({ store, settle }) => {
    await settle();
    const { resourceVersion } = await store.list(configMap);
    await store.create({ ...draft("other"), kind: "Secret", body: { type: "Opaque" } });
    await store.create(draft("a"));
    await settle();
    assert.deepEqual(await collect(store, resourceVersion, 1), ["set a {}"]);
  });
  promise("a watch from a point that is not known says so", async ({ store }) => {
    await rejectsWith("expired", () => collect(store, "999999999", 1));
  });
}

/** The first `count` events after a point, as texts. */
async function collect(
  store: ObjectStore,
  from: string,
  count: number,
): Promise<readonly string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { events } of store.watch([configMap], from, stop.signal)) {
    for (const { kind, object } of events) {
      seen.push(`${kind} ${object.metadata.name} ${JSON.stringify(object.body["data"])}`);
    }
    if (seen.length >= count) break;
  }
  stop.abort();
  return seen;
}
