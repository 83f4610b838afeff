import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundedMap } from "./bounded-map.ts";

test("a value is made once while it is asked for, and again once others have taken its place", () => {
  const values = new BoundedMap<string, string>(2);
  const made: string[] = [];
  const get = (key: string): string =>
    values.getOrMake(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  assert.deepEqual(["a", "b", "a", "c", "a", "b"].map(get), ["A", "B", "A", "C", "A", "B"]);
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});
