import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { readAhead } from "./read-ahead.ts";

test("what comes while the reader is busy is given out together, in order", async () => {
  const given: (readonly number[])[] = [];
  async function* numbers(): AsyncGenerator<number> {
    for (let number = 1; number <= 5; number += 1) yield number;
  }
  for await (const some of readAhead(numbers())) {
    given.push(some);
    await setImmediate();
  }
  assert.deepEqual(given.flat(), [1, 2, 3, 4, 5]);
  assert.ok(given.length <= 2, `${given.length} times`);
});

test("an error of the stream comes behind what came before it", async () => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    throw new Error("it broke");
  }
  const given: number[] = [];
  const all = (async () => {
    for await (const some of readAhead(failing())) {
      given.push(...some);
      await setImmediate();
    }
  })();
  await assert.rejects(all, /it broke/);
  assert.deepEqual(given, [1, 2]);
});

test("a stream that waits lets its reader wait", async () => {
  const second = Promise.withResolvers<void>();
  async function* waiting(): AsyncGenerator<number> {
    yield 1;
    await second.promise;
    yield 2;
  }
  const reader = readAhead(waiting());
  assert.deepEqual((await reader.next()).value, [1]);
  const next = reader.next();
  second.resolve();
  assert.deepEqual((await next).value, [2]);
  assert.equal((await reader.next()).done, true);
});
