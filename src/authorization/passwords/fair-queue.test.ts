import assert from "node:assert/strict";
import { test } from "node:test";
import { FairQueue } from "./fair-queue.ts";

/** Jobs that end when they are told, and the order in which they began. */
class Jobs {
  readonly begun: string[] = [];
  readonly #ends: (() => void)[] = [];

  job(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name);
      return new Promise((resolve) => this.#ends.push(() => resolve(name)));
    };
  }

  async endNext(): Promise<void> {
    this.#ends.shift()?.();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
}

test("clients take turns: one who asks for much waits for himself", async () => {
  const queue = new FairQueue({ parallel: 1, waitingOfOne: 10, waiting: 100 });
  const jobs = new Jobs();
  const asked = ["g1", "g2", "g3", "g4"].map((name) => queue.run("guesser", jobs.job(name)));
  asked.push(queue.run("alice", jobs.job("a1")), queue.run("bob", jobs.job("b1")));
  for (let job = 0; job < 6; job++) await jobs.endNext();
  assert.deepEqual(jobs.begun, ["g1", "g2", "a1", "b1", "g3", "g4"]);
  assert.deepEqual(await Promise.all(asked), ["g1", "g2", "g3", "g4", "a1", "b1"]);
});

test("what finds no room is told so at once, and takes nobody else's", async () => {
  const queue = new FairQueue({ parallel: 1, waitingOfOne: 1, waiting: 2 });
  const jobs = new Jobs();
  const first = queue.run("a", jobs.job("a1"));
  const second = queue.run("a", jobs.job("a2"));
  assert.equal(await queue.run("a", jobs.job("a3")), undefined);
  const third = queue.run("b", jobs.job("b1"));
  assert.equal(await queue.run("c", jobs.job("c1")), undefined);
  for (let job = 0; job < 3; job++) await jobs.endNext();
  assert.deepEqual(await Promise.all([first, second, third]), ["a1", "a2", "b1"]);
});

test("a job that fails makes room for the next", async () => {
  const queue = new FairQueue({ parallel: 1, waitingOfOne: 1, waiting: 1 });
  await assert.rejects(
    queue.run("a", () => Promise.reject(new Error("broken"))),
    /broken/,
  );
  assert.equal(await queue.run("a", () => Promise.resolve("fine")), "fine");
});
