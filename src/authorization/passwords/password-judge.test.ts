import assert from "node:assert/strict";
import { test } from "node:test";
import { shaHash } from "#test/fakes/password-hash.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { parseHtpasswd } from "../htpasswd.ts";
import type { HashQuestion } from "./hash-worker.ts";
import { PasswordJudge, type PasswordVerdict } from "./password-judge.ts";
import { verifyHash } from "./verify-hash.ts";

interface Bench {
  readonly clock: ManualClock;
  /** What was hashed. */
  readonly hashed: HashQuestion[];
  readonly judge: (user: string, password: string, client?: string) => Promise<PasswordVerdict>;
}

const staff = parseHtpasswd(`alice:${shaHash("secret")}\nbob:${shaHash("other")}`);

function bench(): Bench {
  const clock = createManualClock();
  const hashed: HashQuestion[] = [];
  const judge = new PasswordJudge(
    {
      clock,
      key: Buffer.alloc(32, 7),
      verify: (question) => {
        hashed.push(question);
        return Promise.resolve(verifyHash(question.hash, question.password));
      },
    },
    {
      queue: { parallel: 1, waitingOfOne: 4, waiting: 8 },
      guesses: { burst: 3, refill: Temporal.Duration.from({ seconds: 10 }), clients: 10 },
    },
  );
  return {
    clock,
    hashed,
    judge: (user, password, client = "192.0.2.1") => judge.judge(staff, { user, password, client }),
  };
}

test("a right password is hashed once, and again when that is long ago", async () => {
  const { judge, hashed, clock } = bench();
  for (let time = 0; time < 3; time++) assert.equal(await judge("alice", "secret"), "right");
  assert.equal(hashed.length, 1);
  await clock.advance({ minutes: 6 });
  assert.equal(await judge("alice", "secret"), "right");
  assert.equal(hashed.length, 2);
});

test("a user who is not there costs the same hash as one who is", async () => {
  const { judge, hashed } = bench();
  assert.equal(await judge("nobody", "secret"), "wrong");
  assert.equal(hashed.length, 1);
});

test("nobody logs in as a user who is not there by the password of another", async () => {
  const { judge } = bench();
  assert.equal(await judge("nobody", "secret"), "wrong");
  assert.equal(await judge("", "secret"), "wrong");
});

test("one wrong password sent over and over is hashed once", async () => {
  const { judge, hashed } = bench();
  for (let time = 0; time < 10; time++) assert.equal(await judge("alice", "old"), "wrong");
  assert.equal(hashed.length, 1);
});

test("whoever guesses on is turned away without a hash, until time has passed", async () => {
  const { judge, hashed, clock } = bench();
  for (const password of ["a", "b", "c"]) assert.equal(await judge("alice", password), "wrong");
  assert.equal(await judge("alice", "d"), "exhausted");
  assert.equal(await judge("alice", "secret"), "exhausted");
  assert.equal(hashed.length, 3);
  await clock.advance({ seconds: 11 });
  assert.equal(await judge("alice", "secret"), "right");
});

test("others are not held to account, nor is whoever was right before", async () => {
  const { judge } = bench();
  assert.equal(await judge("alice", "secret"), "right");
  for (const password of ["a", "b", "c", "d"]) await judge("bob", password);
  assert.equal(await judge("bob", "other"), "exhausted");
  assert.equal(await judge("alice", "secret"), "right");
  assert.equal(await judge("bob", "other", "192.0.2.2"), "right");
});

test("a changed password ends the old one at once", async () => {
  const clock = createManualClock();
  const judge = new PasswordJudge(
    {
      clock,
      key: Buffer.alloc(32, 7),
      verify: ({ hash, password }) => Promise.resolve(verifyHash(hash, password)),
    },
    { queue: { parallel: 1, waitingOfOne: 4, waiting: 8 } },
  );
  const guess = { user: "alice", password: "secret", client: "192.0.2.1" };
  assert.equal(await judge.judge(staff, guess), "right");
  const changed = parseHtpasswd(`alice:${shaHash("new")}`);
  assert.equal(await judge.judge(changed, guess), "wrong");
  assert.equal(await judge.judge(staff, guess), "right");
});

test("when no thread answers, the question fails and the budget is as before", async () => {
  let isBroken = true;
  const judge = new PasswordJudge(
    {
      clock: createManualClock(),
      key: Buffer.alloc(32, 7),
      verify: () => (isBroken ? Promise.reject(new Error("gone")) : Promise.resolve(true)),
    },
    {
      queue: { parallel: 1, waitingOfOne: 4, waiting: 8 },
      guesses: { burst: 1, refill: Temporal.Duration.from({ seconds: 10 }), clients: 10 },
    },
  );
  const guess = { user: "alice", password: "secret", client: "192.0.2.1" };
  await assert.rejects(judge.judge(staff, guess), /gone/);
  isBroken = false;
  assert.equal(await judge.judge(staff, guess), "right");
});
