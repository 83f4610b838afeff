import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Json } from "./json.ts";
import { isLongerAsJson } from "./json-length.ts";

test("it is within a comma a collection of the JSON that would be written", () => {
  const plain = fc.jsonValue({ depthSize: "medium", stringUnit: fc.constantFrom("a", "b") });
  fc.assert(
    fc.property(plain, (value) => {
      const text = JSON.stringify(value);
      const collections = text.replaceAll(/"[^"]*"|[^[{]/g, "").length;
      assert.equal(isLongerAsJson(value as Json, text.length + collections), false);
      assert.equal(isLongerAsJson(value as Json, text.length - 1), true);
    }),
  );
});

test("a text that is repeated a million million times is looked at until the limit is passed, and no further", () => {
  const text = "x".repeat(1000);
  let looked = 0;
  const list = (item: Json): Json =>
    new Proxy(
      Array.from({ length: 1000 }, () => item),
      {
        get: (target, key, receiver) => {
          looked += 1;
          return Reflect.get(target, key, receiver) as unknown;
        },
      },
    );
  const value = list(list(list(list(text))));
  assert.equal(isLongerAsJson(value, 1_000_000), true);
  assert.ok(looked < 10_000, `${looked} looks`);
});
