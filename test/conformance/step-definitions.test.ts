import assert from "node:assert/strict";
import { test } from "node:test";
import { findDefinition, type StepDefinitions } from "./step-definitions.ts";

const definitions: StepDefinitions<string> = [
  [/^(\d+) guests order "(.*)"$/, "order"],
  [/^it is (.*)$/, "be"],
  [/^it is quiet$/, "be quiet"],
];

test("a step means what its only fitting pattern says, with the words found", () => {
  const { action, words } = findDefinition(definitions, { text: '2 guests order ""' });
  assert.equal(action, "order");
  assert.deepEqual(words, ["2", ""]);
});

test("a step that means nothing or two things is refused", () => {
  assert.throws(() => findDefinition(definitions, { text: "it was quiet" }), /^Error: no meaning/);
  assert.throws(() => findDefinition(definitions, { text: "it is quiet" }), /^Error: 2 meanings/);
});
