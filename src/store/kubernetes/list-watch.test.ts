import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { type Answer, failure, json } from "#test/fakes/faulty-api-server.ts";
import {
  bookmark,
  type FaultyCluster,
  services,
  startFaultyCluster,
  wireEvent,
  wireService,
} from "#test/fakes/faulty-cluster.ts";
import { ListWatch, type ListWatchStep } from "./list-watch.ts";

const added = (name: string, version: number): Json =>
  wireEvent("ADDED", wireService(name, version));
const version = (minor: string): Answer => json({ major: "1", minor });

function page(version: number, names: readonly string[], more = ""): Json {
  return {
    kind: "ServiceList",
    metadata: { resourceVersion: `${version}`, continue: more },
    items: names.map((name) => wireService(name, version)),
  };
}

async function steps(listWatch: ListWatch, count: number): Promise<readonly string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const step of listWatch.steps(services, stop.signal)) {
    seen.push(describeStep(step));
    if (seen.length >= count) break;
  }
  stop.abort();
  return seen;
}

function describeStep(step: ListWatchStep): string {
  const objects = step.kind === "listed" ? step.objects : step.events.map(({ object }) => object);
  const names = objects.map(({ metadata }) => metadata.name).join("+");
  return `${step.kind} ${names} at ${step.resourceVersion}`;
}

function paths({ server }: FaultyCluster): readonly string[] {
  return server.requests.map((request) =>
    request.replace(/timeoutSeconds=\d+/, "timeoutSeconds=N").replace("GET /api/v1/services?", ""),
  );
}

test("a streaming list is complete at its bookmark, and its connection goes on as the watch", async () => {
  await using cluster = await startFaultyCluster();
  const lines = [added("a", 3), added("b", 4), bookmark(7, "listed")];
  cluster.server.answer(version("37"), { kind: "stream", lines, end: "end" });
  cluster.server.answer({ kind: "stream", lines: [added("c", 9)], end: "silence" });
  assert.deepEqual(await steps(new ListWatch(cluster.deps), 2), [
    "listed a+b at 7",
    "changed c at 9",
  ]);
  assert.deepEqual(paths(cluster).slice(1), [
    "watch=true&allowWatchBookmarks=true&timeoutSeconds=N&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    "watch=true&allowWatchBookmarks=true&timeoutSeconds=N&resourceVersion=7",
  ]);
});

test("where streaming lists are switched off, pages are read, and nobody asks again", async () => {
  await using cluster = await startFaultyCluster();
  const off = failure(422, "Invalid", "sendInitialEvents is forbidden");
  cluster.server.answer(version("30+"), json(off, 422), json(page(5, ["a"], "next")));
  cluster.server.answer(json(page(5, ["b"])), json(page(8, ["a"])));
  const listWatch = new ListWatch(cluster.deps);
  assert.deepEqual(await steps(listWatch, 1), ["listed a+b at 5"]);
  assert.deepEqual(await steps(listWatch, 1), ["listed a at 8"]);
  assert.deepEqual(paths(cluster).slice(2), ["limit=500", "limit=500&continue=next", "limit=500"]);
});

test("a server that is too old for streaming lists is not asked for one", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer(version("26"), json(page(5, ["a"])));
  assert.deepEqual(await steps(new ListWatch(cluster.deps), 1), ["listed a at 5"]);
  assert.deepEqual(paths(cluster).slice(1), ["limit=500"]);
});

test("a server that does not tell its version is read in pages", async () => {
  await using cluster = await startFaultyCluster();
  cluster.server.answer(json(failure(403, "Forbidden"), 403), json(page(5, ["a"])));
  assert.deepEqual(await steps(new ListWatch(cluster.deps), 1), ["listed a at 5"]);
});

test("pages of a state that the server forgot meanwhile are read anew in one piece", async () => {
  await using cluster = await startFaultyCluster();
  const forgotten = failure(410, "Expired", "the provided continue parameter is too old");
  cluster.server.answer(version("26"), json(page(5, ["a"], "next")), json(forgotten, 410));
  cluster.server.answer(json(page(9, ["a", "b"])));
  assert.deepEqual(await steps(new ListWatch(cluster.deps), 1), ["listed a+b at 9"]);
  assert.deepEqual(paths(cluster).slice(1), ["limit=500", "limit=500&continue=next", ""]);
});

test("what is deleted while a streaming list is sent is not in it", async () => {
  await using cluster = await startFaultyCluster();
  const deleted = wireEvent("DELETED", wireService("a", 6));
  const lines = [added("a", 3), added("b", 4), deleted, bookmark(7, "listed")];
  cluster.server.answer(version("37"), { kind: "stream", lines, end: "silence" });
  assert.deepEqual(await steps(new ListWatch(cluster.deps), 1), ["listed b at 7"]);
});
