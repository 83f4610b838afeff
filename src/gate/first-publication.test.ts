/** When what is built is published: in parts, and not before it is known who is behind a DNS name. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceChange } from "#envoy/resource.ts";
import { resource } from "#test/fakes/xds-harness.ts";
import { FirstPublication } from "./first-publication.ts";

interface Stage {
  readonly first: FirstPublication;
  /** What was done, in order. */
  readonly said: string[];
  readonly answer: () => void;
}

function stage(areAnswered: boolean): Stage {
  const said: string[] = [];
  const late = Promise.withResolvers<void>();
  let answered = areAnswered;
  const xds = {
    publish: ({ set }: ResourceChange) => void said.push(...set.map(({ name }) => name)),
    begin: () => void said.push("begin"),
    open: () => void said.push("open"),
  };
  const answer = (): void => {
    answered = true;
    late.resolve();
  };
  if (areAnswered) answer();
  const names = { areAnswered: () => answered, answered: () => late.promise };
  return { first: new FirstPublication(xds, names), said, answer };
}

const change = (name: string): ResourceChange => ({
  set: [resource("cluster", name, name)],
  removed: [],
});

test("parts are published as they come, and proxies begin with the first", async () => {
  const { first, said } = stage(true);
  first.part({ set: [], removed: [] });
  first.part(change("a"));
  first.publish(change("b"));
  await first.complete();
  assert.deepEqual(said, ["a", "begin", "b", "open"]);
});

test("who is told of a change when all of it is published hears of the parts, too", () => {
  const { first } = stage(true);
  first.part(change("a"));
  assert.deepEqual(
    first.whole(change("b")).set.map(({ name }) => name),
    ["a", "b"],
  );
  assert.deepEqual(
    first.whole(change("c")).set.map(({ name }) => name),
    ["c"],
  );
});

test("as long as a DNS name has no answer nothing is published", async () => {
  const { first, said, answer } = stage(false);
  first.part(change("a"));
  first.publish(change("b"));
  assert.deepEqual(said, []);
  answer();
  first.part(change("c"));
  assert.deepEqual(said, ["a", "b", "c", "begin"]);
});

test("what waited for DNS names is published before proxies are told that it is all", async () => {
  const { first, said, answer } = stage(false);
  first.publish(change("a"));
  const complete = first.complete();
  answer();
  await complete;
  assert.deepEqual(said, ["a", "open"]);
});
