import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedTexts } from "./shared-texts.ts";

test("a value stays what it is, whatever was read before it", () => {
  const shared = new SharedTexts();
  const texts = Array.from({ length: 20_000 }, (_, index) => `text ${index % 9000}`);
  const values = [
    { a: "x", b: [{ c: "x", d: 1, e: null, f: true }, "y", []], g: { "": "" } },
    { texts },
    texts,
    "x",
    7,
    null,
  ];
  for (const value of values) {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    shared.shareWithin(copy);
    assert.deepEqual(copy, value);
  }
});
