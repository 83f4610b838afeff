import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSelector, type LabelSelector, selects } from "./label-selector.ts";

const selector: LabelSelector = {
  matchLabels: { app: "tea" },
  matchExpressions: [
    { key: "tier", operator: "In", values: ["web", "edge"] },
    { key: "old", operator: "DoesNotExist" },
    { key: "stage", operator: "NotIn", values: ["test"] },
    { key: "owner", operator: "Exists" },
  ],
};

test("a selector accepts labels only when every part of it does", () => {
  const good = { app: "tea", tier: "web", owner: "a" };
  assert.equal(selects(selector, good), true);
  assert.equal(selects(selector, { ...good, stage: "live" }), true);
  assert.equal(selects(selector, { ...good, app: "coffee" }), false);
  assert.equal(selects(selector, { ...good, tier: "data" }), false);
  assert.equal(selects(selector, { ...good, old: "" }), false);
  assert.equal(selects(selector, { ...good, stage: "test" }), false);
  assert.equal(selects(selector, { app: "tea", tier: "web" }), false);
});

test("the empty selector accepts everything", () => {
  assert.equal(selects({}, {}), true);
});

test("a selector is printed as kubectl prints it", () => {
  assert.equal(
    formatSelector(selector),
    "app=tea,tier in (web,edge),!old,stage notin (test),owner",
  );
  assert.equal(formatSelector(undefined), "<none>");
});
