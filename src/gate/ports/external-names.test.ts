import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createExternalNames } from "./external-names.ts";

test("a name is looked up while it is in use: changes are told, and a name that stops resolving keeps its last addresses", async () => {
  const clock = createManualClock();
  const told: string[] = [];
  let addresses: readonly string[] = [];
  const names = createExternalNames({
    clock,
    lookup: { addresses: async () => addresses },
    changed: (name, now) => told.push(`${name}: ${now.join(" ")}`),
  });
  const next = async (now: readonly string[]): Promise<void> => {
    addresses = now;
    await clock.advance({ seconds: 10 });
  };
  names.added("a.test");
  await clock.timerSet();
  await next([]);
  await next(["10.0.0.1"]);
  await next(["10.0.0.1"]);
  await next([]);
  await next(["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(told, ["a.test: ", "a.test: 10.0.0.1", "a.test: 10.0.0.2 10.0.0.3"]);
  names.removed("a.test");
  await next(["10.0.0.9"]);
  assert.equal(told.length, 3);
  assert.equal(clock.timerCount(), 0);
});
