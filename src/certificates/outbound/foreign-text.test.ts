import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignText } from "./foreign-text.ts";

test("what a server says becomes one line without control characters", () => {
  assert.equal(foreignText(" no\r\n such\u0000\u001b[31m zone\u2028 "), "no such [31m zone");
});

test("and is cut off at 300 characters, however much there is", () => {
  assert.equal(foreignText("é".repeat(300)), "é".repeat(300));
  const cut = foreignText("x".repeat(1_000_000));
  assert.equal(cut, `${"x".repeat(299)}…`);
  assert.ok(foreignText("😀".repeat(400)).endsWith("😀…"));
});
