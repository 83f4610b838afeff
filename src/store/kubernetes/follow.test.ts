import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { failure, type StreamEnd } from "#test/fakes/faulty-api-server.ts";
import {
  bookmark,
  type FaultyCluster,
  services,
  startFaultyCluster,
  wireEvent,
  wireService,
} from "#test/fakes/faulty-cluster.ts";
import { StoreError } from "../object-store.ts";
import { follow } from "./follow.ts";

/** The names of the first `count` events after version 1. */
async function collect({ deps }: FaultyCluster, count: number): Promise<readonly string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { events } of follow(deps, services, "1", stop.signal)) {
    seen.push(...events.map(({ kind, object }) => `${kind} ${object.metadata.name}`));
    if (seen.length >= count) break;
  }
  stop.abort();
  return seen;
}

/** From which version each request of a watch goes on. */
function resumedFrom({ server }: FaultyCluster): readonly (string | null)[] {
  return server.requests.map((request) =>
    new URL(request.replace("GET ", "http://localhost")).searchParams.get("resourceVersion"),
  );
}

const added = (name: string, version: number): Json =>
  wireEvent("ADDED", wireService(name, version));

const breaks: Readonly<Record<string, { readonly line?: string; readonly end: StreamEnd }>> = {
  "a watch that the server ends": { end: "end" },
  "a connection that breaks": { end: "reset" },
  "a line that is cut off": { line: '{"type":"ADDED","object":{"metadata":{"na', end: "end" },
  "a line that is no JSON": { line: "<html>\n", end: "silence" },
};

for (const [sentence, { line, end }] of Object.entries(breaks)) {
  test(`${sentence} is taken up again behind the last event`, async () => {
    await using cluster = await startFaultyCluster();
    const lines = [added("a", 5), bookmark(9), ...(line === undefined ? [] : [line])];
    cluster.server.answer(
      { kind: "stream", lines, end },
      { kind: "stream", lines: [added("b", 12)], end: "silence" },
    );
    assert.deepEqual(await collect(cluster, 2), ["set a", "set b"]);
    assert.deepEqual(resumedFrom(cluster), ["1", "9"]);
  });
}

test("a watch on which nothing comes, not even a bookmark, is taken up again", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer(
    { kind: "stream", lines: [added("a", 5)], end: "silence" },
    { kind: "stream", lines: [added("b", 6)], end: "silence" },
  );
  const collected = collect(cluster, 2);
  await cluster.clock.run({ seconds: 90 });
  assert.deepEqual(await collected, ["set a", "set b"]);
  assert.deepEqual(resumedFrom(cluster), ["1", "5"]);
  assert.deepEqual(cluster.interruptions, ["the watch of services stalled"]);
});

test("what came before a 410 in the middle of a watch is given out before the error", async () => {
  await using cluster = await startFaultyCluster();
  const gone = wireEvent("ERROR", failure(410, "Expired", "too old resource version"));
  cluster.server.answer({ kind: "stream", lines: [added("a", 5), gone], end: "end" });
  const seen: string[] = [];
  const all = (async () => {
    for await (const { events } of follow(
      cluster.deps,
      services,
      "1",
      new AbortController().signal,
    )) {
      seen.push(...events.map(({ object }) => object.metadata.name));
    }
  })();
  await assert.rejects(
    all,
    (error) => error instanceof StoreError && error.code === "expired" && error.retryable,
  );
  assert.deepEqual(seen, ["a"]);
});

test("an error of the server in a watch is waited out, each time longer", async () => {
  await using cluster = await startFaultyCluster();
  const busy = wireEvent("ERROR", failure(500, "InternalError", "etcdserver: leader changed"));
  const failing = { kind: "stream", lines: [busy], end: "end" } as const;
  cluster.server.answer(failing, failing, failing, failing);
  cluster.server.answer({ kind: "stream", lines: [added("a", 5)], end: "silence" });
  assert.deepEqual(await collect(cluster, 1), ["set a"]);
  const [first = 0, , , last = 0] = cluster.clock.slept;
  assert.equal(cluster.clock.slept.length, 4);
  assert.ok(first >= 250 && last >= 2000 && last <= 4000, `${cluster.clock.slept}`);
});

test("no error quotes what a line holds", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer(
    { kind: "stream", lines: ['{"type":"ADDED","object":s3cr3t}\n'], end: "end" },
    { kind: "stream", lines: [added("a", 5)], end: "silence" },
  );
  await collect(cluster, 1);
  assert.equal(cluster.interruptions.length, 1);
  assert.doesNotMatch(cluster.interruptions.join(), /s3cr3t/);
});
