import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "./graph.ts";
import { IndexByKey } from "./index-by-key.ts";
import { Table } from "./table.ts";

function strictGraph(): Graph {
  return new Graph({
    onBug: (error) => {
      throw error;
    },
  });
}

const rethrow = (error: unknown): never => {
  throw error;
};

test("a watcher runs again only when what it read has changed", () => {
  const graph = strictGraph();
  const a = graph.cell(1);
  const b = graph.cell(10);
  const seen: number[] = [];
  graph.watch(0, () => seen.push(a.get()));
  graph.flush();
  b.set(11);
  graph.flush();
  a.set(2);
  graph.flush();
  assert.deepEqual(seen, [1, 2]);
});

test("a derived value that stays equal stops the change there", () => {
  const graph = strictGraph();
  const a = graph.cell(1);
  const parity = graph.derive(() => a.get() % 2, { onBug: rethrow });
  let runs = 0;
  graph.watch(0, () => {
    parity.get();
    runs++;
  });
  graph.flush();
  a.set(3);
  graph.flush();
  assert.equal(runs, 1);
  a.set(4);
  graph.flush();
  assert.equal(runs, 2);
});

test("what a watcher writes reaches later stages in the same flush", () => {
  const graph = strictGraph();
  const source = graph.cell("x");
  const index = new IndexByKey<string>(graph);
  const seen: string[][] = [];
  graph.watch(1, () => seen.push([...index.get("k").values()].sort()));
  graph.watch(0, () => index.set("k", "m", source.get()));
  graph.flush();
  source.set("y");
  graph.flush();
  assert.deepEqual(seen, [["x"], ["y"]]);
});

test("a bug in a derived value is contained by its stand-in and reported", () => {
  const bugs: unknown[] = [];
  const graph = new Graph({ onBug: (error) => bugs.push(error) });
  const a = graph.cell(1);
  const risky = graph.derive(
    () => {
      if (a.get() === 2) throw new Error("broken");
      return "fine";
    },
    { onBug: () => "stand-in" },
  );
  const seen: string[] = [];
  graph.watch(0, () => seen.push(risky.get()));
  graph.flush();
  a.set(2);
  graph.flush();
  a.set(3);
  graph.flush();
  assert.deepEqual(seen, ["fine", "stand-in", "fine"]);
  assert.equal(bugs.length, 1);
});

test("an absent key wakes its reader when it appears, and is forgotten when nobody reads it", () => {
  const graph = strictGraph();
  const table = new Table<number>(graph);
  const seen: (number | undefined)[] = [];
  const stop = graph.watch(0, () => seen.push(table.get("later")));
  graph.flush();
  assert.equal(graph.counts().live, 2);
  table.set("later", 7);
  graph.flush();
  table.delete("later");
  graph.flush();
  assert.deepEqual(seen, [undefined, 7, undefined]);
  stop();
  assert.equal(graph.counts().live, 0);
});

test("reading a derived value from outside leaves nothing alive", () => {
  const graph = strictGraph();
  const table = new Table<number>(graph);
  const sum = graph.derive(() => (table.get("a") ?? 0) + (table.get("b") ?? 0), { onBug: rethrow });
  table.set("a", 1);
  assert.equal(sum.get(), 1);
  table.set("b", 2);
  assert.equal(sum.get(), 3);
  table.delete("a");
  table.delete("b");
  assert.equal(graph.counts().live, 0);
});

test("an index tells when a key gets its first member and loses its last", () => {
  const graph = strictGraph();
  const heard: string[] = [];
  const index = new IndexByKey<number>(graph, {
    added: (key) => heard.push(`+${key}`),
    removed: (key) => heard.push(`-${key}`),
  });
  index.set("k", "a", 1);
  index.set("k", "a", 2);
  index.set("k", "b", 1);
  index.delete("k", "a");
  index.delete("k", "b");
  index.delete("k", "b");
  assert.deepEqual(heard, ["+k", "-k"]);
  assert.equal(graph.counts().live, 0);
});

test("a flush can pause between watchers and be taken up again", () => {
  const graph = strictGraph();
  let runs = 0;
  for (let i = 0; i < 5; i++) graph.watch(0, () => runs++);
  assert.equal(
    graph.flush(() => true),
    false,
  );
  assert.equal(runs, 1);
  assert.equal(graph.flush(), true);
  assert.equal(runs, 5);
});

test("a diamond is computed once for a change", () => {
  const graph = strictGraph();
  const a = graph.cell(1);
  const left = graph.derive(() => a.get() + 1, { onBug: rethrow });
  const right = graph.derive(() => a.get() * 2, { onBug: rethrow });
  let sums = 0;
  const sum = graph.derive(
    () => {
      sums++;
      return left.get() + right.get();
    },
    { onBug: rethrow },
  );
  graph.watch(0, () => sum.get());
  graph.flush();
  a.set(2);
  graph.flush();
  assert.equal(sums, 2);
});
