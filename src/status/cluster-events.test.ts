import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createClusterEvents, eventResource } from "./cluster-events.ts";
import type { EventRecorder, ObjectEvent } from "./event-recorder.ts";

interface Stage {
  readonly store: ObjectStore;
  readonly event: ObjectEvent;
  readonly replica: (name: string) => EventRecorder;
  readonly pass: (span: Temporal.DurationLike) => void;
  /** How often each event happened; one without a series once. */
  readonly counts: () => Promise<readonly number[]>;
}

async function openStage(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const metadata = { name: "web", namespace: "default" };
  const about = await store.create({ apiVersion: "v1", kind: "Service", metadata, body: {} });
  let now = Temporal.Instant.from("2026-11-24T10:00:00Z");
  return {
    store,
    event: {
      id: "1",
      about,
      fieldPath: "spec",
      type: "Warning",
      reason: "Wrong",
      message: "it is wrong",
    },
    replica: (instance) => createClusterEvents({ store, now: () => now }, instance),
    pass: (span) => {
      now = now.add(span);
    },
    counts: async () =>
      (await store.list(eventResource.id)).items.map(
        ({ body }) => (body["series"] as { readonly count: number } | undefined)?.count ?? 1,
      ),
  };
}

test("what happens again within a minute is counted, and written with the next", async (context) => {
  const { event, replica, pass, counts } = await openStage(context);
  const recorder = replica("a");
  for (let times = 0; times < 5; times += 1) await recorder.record(event);
  assert.deepEqual(await counts(), [1]);
  pass({ minutes: 1 });
  await recorder.record(event);
  assert.deepEqual(await counts(), [6]);
});

test("another replica, or the next run, goes on with the same event", async (context) => {
  const { event, replica, counts } = await openStage(context);
  await replica("a").record(event);
  await replica("b").record(event);
  assert.deepEqual(await counts(), [2]);
});

test("two replicas that write at once count it once", async (context) => {
  const { event, replica, counts, store } = await openStage(context);
  await replica("a").record(event);
  const get: ObjectStore["get"] = async (key) => {
    const there = await store.get(key);
    await replica("b").record(event);
    return there;
  };
  const now = (): Temporal.Instant => Temporal.Instant.from("2026-11-24T10:00:00Z");
  const slow = createClusterEvents({ store: { ...store, get }, now }, "c");
  await slow.record(event);
  assert.deepEqual(await counts(), [2]);
});

test("an event about an object without a namespace is in the default one", async (context) => {
  const { event, replica, store } = await openStage(context);
  const metadata = { ...event.about.metadata, namespace: "" };
  await replica("a").record({ ...event, about: { ...event.about, metadata } });
  const [only] = (await store.list(eventResource.id)).items;
  assert.equal(only?.metadata.namespace, "default");
});
