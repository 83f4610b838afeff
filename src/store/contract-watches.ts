/** What every object store promises about watches, as tests. */

import assert from "node:assert/strict";
import {
  collect,
  collectAll,
  describeEvent,
  ingress,
  type Register,
  rejectsWith,
} from "./contract-objects.ts";
import type { WatchBatch } from "./object-store.ts";

/** Registers them. */
export function watches(promise: Register): void {
  promise(
    "a watch from a listing sees every later change once, in order",
    async ({ store, settle, ingress: draft, key }) => {
      await store.create(draft("before"));
      await settle();
      const { point } = await store.list(ingress);
      const { resourceVersion } = (await store.create(draft("a"))).metadata;
      await store.replace(key("a"), draft("a", "b.example"), resourceVersion);
      await store.remove(key("a"));
      await settle();
      assert.deepEqual(await collect(store, point, 3), [
        "set a a.example",
        "set a b.example",
        "deleted a b.example",
      ]);
    },
  );
  promise(
    "a watch goes on after the batch it has seen",
    async ({ store, settle, ingress: draft }) => {
      await settle();
      const { point } = await store.list(ingress);
      await store.create(draft("a"));
      await settle();
      const stop = new AbortController();
      const batches = store.watch({ [ingress]: point }, stop.signal)[Symbol.asyncIterator]();
      const first = (await batches.next()).value as WatchBatch;
      stop.abort();
      await batches.return?.();
      await store.create(draft("b"));
      await settle();
      const next = first.points[ingress] ?? "";
      assert.deepEqual(await collect(store, next, 1), ["set b a.example"]);
    },
  );
  promise("a watch waits for what is yet to come", async ({ store, settle, ingress: draft }) => {
    await settle();
    const { point } = await store.list(ingress);
    const waiting = collect(store, point, 1);
    await store.create(draft("late"));
    await settle();
    assert.deepEqual(await waiting, ["set late a.example"]);
  });
  promise(
    "a watch hears of the kinds it asked for alone, each from its own point",
    async ({ store, settle, ingress: draft, data }) => {
      await settle();
      const early = await store.list("Secret");
      await store.create(draft("before"));
      await store.create({ ...data("old", {}), kind: "Secret" });
      await settle();
      const { point } = await store.list(ingress);
      await store.create(data("other", {}));
      await store.create(draft("a"));
      await settle();
      const from = { [ingress]: point, Secret: early.point };
      const seen = await collectAll(store, from, ({ length }) => length >= 2);
      assert.deepEqual(seen.map(describeEvent).sort(), ["set a a.example", "set old undefined"]);
    },
  );
  promise("a watch from a point that is not known any more says so", async (under) => {
    await rejectsWith("expired", () => collectAll(under.store, under.forgotten, () => false));
  });
}
