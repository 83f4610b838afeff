import assert from "node:assert/strict";
import { test } from "node:test";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { ReturnedProxies } from "./returned-proxies.ts";

test("proxies are back when all that serve are connected, wherever; without one nobody is", () => {
  const proxies = new ReturnedProxies(createManualClock());
  assert.equal(proxies.areBack([], []), false);
  assert.equal(proxies.areBack(["a"], []), true);
  assert.equal(proxies.areBack(["a"], ["a", "b"]), false);
  assert.equal(proxies.areBack(["b", "a", "starting"], ["a", "b"]), true);
});

test("a proxy that stays away for a minute is waited for no more, until it was there again", async () => {
  const clock = createManualClock();
  const proxies = new ReturnedProxies(clock);
  assert.equal(proxies.areBack(["a"], ["a", "b"]), false);
  await clock.advance({ seconds: 60 });
  assert.equal(proxies.areBack(["a"], ["a", "b"]), true);
  assert.equal(proxies.areBack([], ["a", "b"]), false, "nobody would answer");
  assert.equal(proxies.areBack(["a", "b"], ["a", "b"]), true);
  assert.equal(proxies.areBack(["a"], ["a", "b"]), false);
});
