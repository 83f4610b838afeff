import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemory } from "./real-memory.ts";

const memory = createMemory();

test("garbage is collected when it is asked for, and what is in use stays", () => {
  const kept = { name: "kept" };
  const weak = new WeakRef(kept);
  memory.collect();
  assert.equal(weak.deref(), kept);
});

test("bytes and milliseconds are those of this process", () => {
  assert.ok(memory.residentBytes() > 10_000_000);
  assert.ok(memory.processorMs() > 0);
});
