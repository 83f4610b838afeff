import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { Wiping } from "./wiping.ts";

const second = Temporal.Duration.from({ seconds: 1 });

/** A log that holds something after each write, until it is wiped. */
function logOf(): { holdsWiped: boolean; wipes: number; fails: boolean; wipe: () => void } {
  return {
    ...{ holdsWiped: false, wipes: 0, fails: false },
    wipe(): void {
      if (this.fails) throw new Error("no disk");
      this.wipes += 1;
      this.holdsWiped = false;
    },
  };
}

test("the first that goes is wiped at once, and all that go within the next second together behind it", async () => {
  const [clock, log] = [createManualClock(), logOf()];
  const wiping = new Wiping(clock, log);
  for (let write = 0; write < 5; write++) {
    log.holdsWiped = true;
    wiping.look();
    assert.equal(log.wipes, 1);
  }
  await clock.advance(second);
  assert.equal(log.wipes, 2);
  await clock.advance(second);
  assert.equal(log.wipes, 2);
  log.holdsWiped = true;
  wiping.look();
  assert.equal(log.wipes, 3);
  wiping.stop();
});

test("what could not be wiped is wiped later, without another write", async () => {
  const [clock, log] = [createManualClock(), logOf()];
  const wiping = new Wiping(clock, log);
  Object.assign(log, { holdsWiped: true, fails: true });
  wiping.look();
  assert.equal(log.wipes, 0);
  log.fails = false;
  await clock.advance(second);
  assert.equal(log.wipes, 1);
  wiping.stop();
});
