import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Finding } from "#base/finding.ts";
import { eventKind } from "#kinds/event.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createFindingEvents, type FindingEvents } from "./finding-events.ts";
import { createStoredEvents } from "./stored-events.ts";

interface Stage {
  readonly store: ObjectStore;
  readonly events: FindingEvents;
  readonly pass: (span: Temporal.DurationLike) => void;
  /** How often each event was counted. */
  readonly counts: () => Promise<readonly unknown[]>;
  /** How often all events were read. */
  readonly sweeps: () => number;
}

async function startEvents(
  context: TestContext,
  isOurs?: (finding: Finding) => boolean,
): Promise<Stage> {
  const store = await temporaryStore(context);
  await store.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    body: {},
  });
  let now = Temporal.Instant.from("2026-11-24T10:00:00Z");
  let sweeps = 0;
  const watched: ObjectStore = {
    ...store,
    list: async (kind) => {
      sweeps += 1;
      return await store.list(kind);
    },
  };
  const events = createFindingEvents(
    watched,
    createStoredEvents(watched, () => now),
    {
      breathe: async () => undefined,
      isOurs,
    },
  );
  return {
    store,
    events,
    pass: (span) => {
      now = now.add(span);
    },
    counts: async () => (await store.list(eventKind.id)).items.map(({ body }) => body["count"]),
    sweeps: () => sweeps,
  };
}

const wrong: Finding = {
  severity: "warning",
  reason: "Wrong",
  origin: { kind: "Service", namespace: "default", name: "web", path: "spec" },
  message: "it is wrong",
  advice: "mend it",
};

test("a finding is recorded once, and counted up when it returns", async (context) => {
  const { events, counts } = await startEvents(context);
  events.found({ added: [wrong], gone: [] });
  await events.update();
  await events.update();
  assert.deepEqual(await counts(), [1]);
  events.found({ added: [], gone: [wrong] });
  events.found({ added: [wrong], gone: [] });
  await events.update();
  assert.deepEqual(await counts(), [2]);
});

test("what is gone before it was recorded leaves no event, and advice makes none", async (context) => {
  const { events, counts } = await startEvents(context);
  events.found({ added: [wrong, { ...wrong, severity: "info", reason: "Advice" }], gone: [] });
  events.found({ added: [], gone: [wrong] });
  await events.update();
  assert.deepEqual(await counts(), []);
});

test("events of more than an hour ago go, and are looked for once a minute", async (context) => {
  const { events, counts, pass, sweeps } = await startEvents(context);
  events.found({ added: [wrong], gone: [] });
  await events.update();
  for (let second = 0; second < 30; second += 1) {
    pass({ seconds: 1 });
    await events.update();
  }
  assert.equal(sweeps(), 1);
  pass({ hours: 2 });
  await events.update();
  assert.deepEqual(await counts(), []);
});

test("what is found about an object before it is ours is recorded once it is", async (context) => {
  let isOurs = false;
  const { events, counts } = await startEvents(context, () => isOurs);
  events.found({ added: [wrong], gone: [] });
  await events.update();
  assert.deepEqual(await counts(), []);
  isOurs = true;
  await events.update();
  assert.deepEqual(await counts(), [1]);
});

test("of many events those go first that are the oldest and warn of nothing", async (context) => {
  const store = await temporaryStore(context);
  const about = await store.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    body: {},
  });
  let now = Temporal.Instant.from("2026-11-24T10:00:00Z");
  const recorder = createStoredEvents(store, () => now, 4);
  const most: number[] = [];
  for (let number = 0; number < 20; number += 1) {
    const type = number === 1 ? "Warning" : "Normal";
    await recorder.record({
      ...{ id: `${number}`, about, fieldPath: "", type },
      reason: "Any",
      message: "",
    });
    most.push((await store.list(eventKind.id)).items.length);
    now = now.add({ seconds: 1 });
  }
  now = now.add({ minutes: 2 });
  await recorder.sweep();
  assert.ok(Math.max(...most) <= 6, `${Math.max(...most)}`);
  const { items } = await store.list(eventKind.id);
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), [
    "web.1",
    "web.17",
    "web.18",
    "web.19",
  ]);
});
