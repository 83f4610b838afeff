import assert from "node:assert/strict";
import { test } from "node:test";
import { SetsByKey } from "./sets-by-key.ts";

test("each key has the texts that were added and not taken out, however many they are", () => {
  const sets = new SetsByKey();
  const texts = (): readonly string[] => [...sets.get("a")];
  assert.deepEqual(texts(), []);
  sets.delete("a", "x");
  for (const text of ["x", "x", "y", "z", "y"]) sets.add("a", text);
  sets.add("b", "x");
  assert.deepEqual(texts(), ["x", "y", "z"]);
  sets.delete("a", "x");
  sets.delete("a", "y");
  assert.deepEqual(texts(), ["z"]);
  sets.delete("a", "other");
  sets.add("a", "y");
  assert.deepEqual(texts(), ["z", "y"]);
  for (const text of ["z", "y"]) sets.delete("a", text);
  assert.deepEqual([...sets.keys()], ["b"]);
});
