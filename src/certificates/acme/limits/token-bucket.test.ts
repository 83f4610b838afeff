import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOfAddress, registeredDomain } from "./registered-domain.ts";
import { takeToken, tokensIn, waitMsFor } from "./token-bucket.ts";

const limit = { count: 3, refillMs: 10 };

test("a bucket gives as many as it holds, then one each time that one comes back", () => {
  let fullAtMs = 0;
  const given: number[] = [];
  for (let nowMs = 100; nowMs < 200; nowMs++) {
    if (waitMsFor(1, { limit, fullAtMs, nowMs }) > 0) continue;
    fullAtMs = takeToken(limit, fullAtMs, nowMs);
    given.push(nowMs);
  }
  assert.deepEqual(given.slice(0, 5), [100, 101, 102, 110, 120]);
  assert.equal(given.length, 12);
});

test("what is left and how long a token takes are told", () => {
  let fullAtMs = 0;
  assert.equal(tokensIn(limit, fullAtMs, 1000), 3);
  for (const left of [2, 1, 0]) {
    fullAtMs = takeToken(limit, fullAtMs, 1000);
    assert.equal(tokensIn(limit, fullAtMs, 1000), left);
  }
  assert.equal(waitMsFor(1, { limit, fullAtMs, nowMs: 1000 }), 10);
  assert.equal(waitMsFor(3, { limit, fullAtMs, nowMs: 1005 }), 25);
  assert.equal(waitMsFor(4, { limit, fullAtMs, nowMs: 1005 }), Number.POSITIVE_INFINITY);
});

test("names are counted by what somebody can register, addresses by themselves or their network", () => {
  const domains: Readonly<Record<string, string>> = {
    "example.com": "example.com",
    "*.a.b.example.com": "example.com",
    "shop.example.co.uk": "example.co.uk",
    "a.example.de.": "example.de",
    localhost: "localhost",
  };
  for (const [name, domain] of Object.entries(domains))
    assert.equal(registeredDomain(name), domain);
  assert.equal(networkOfAddress("192.0.2.1"), "192.0.2.1");
  assert.equal(networkOfAddress("2001:db8::1"), networkOfAddress("2001:db8::ffff:1"));
  assert.notEqual(networkOfAddress("2001:db8::1"), networkOfAddress("2001:db8:0:1::1"));
});
