import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddressPool,
  addressBlock,
  firstAddress,
  gatewayAddress,
  trialAddress,
} from "./addresses.ts";

test("a data directory always has the same block, outside 127.0.0.0/16", () => {
  const block = addressBlock("/data/a");
  assert.equal(addressBlock("/data/a"), block);
  assert.match(block, /^127\.([2-9]|\d\d|1\d\d|2[0-4]\d|25[01])$/);
  assert.equal(gatewayAddress("127.9"), "127.9.255.254");
});

test("data directories that share a block begin at places of their own", () => {
  const starts = new Set(Array.from({ length: 100 }, (_, index) => firstAddress(`/data/${index}`)));
  assert.ok(starts.size > 95);
  assert.match(trialAddress("/data/a"), /^127\.\d+\.254\.([1-9]|[1-9]\d|1\d\d|2[0-4]\d|250)$/);
});

test("an address that was given back is the last to be used again, over restarts too", () => {
  const pool = new AddressPool("127.9", 0);
  const first = pool.take();
  assert.equal(first, "127.9.0.1");
  pool.release("127.9.0.1");
  assert.equal(pool.take(), "127.9.0.2");
  const later = new AddressPool("127.9", pool.next);
  assert.equal(later.take(), "127.9.0.3");
});

test("a pod gets its former address back, and nobody else does", () => {
  const pool = new AddressPool("127.9", 0);
  pool.reserve("127.9.0.1");
  assert.equal(pool.take(), "127.9.0.2");
  assert.equal(pool.take("127.9.0.1"), "127.9.0.1");
  assert.equal(pool.take("127.9.0.1"), "127.9.0.3");
  assert.equal(pool.take("127.8.0.1"), "127.9.0.4");
});

test("a full block has no address, and has one again after a release", () => {
  const pool = new AddressPool("127.9", 0);
  for (let count = 0; count < 62_500; count++) pool.take();
  assert.equal(pool.take(), undefined);
  pool.release("127.9.7.7");
  assert.equal(pool.take(), "127.9.7.7");
});
