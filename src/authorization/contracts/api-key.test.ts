import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "#base/json.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import type { Verdict } from "../check.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";

const policy: Json = {
  kind: "api-key",
  places: [
    { in: "header", name: "X-Key" },
    { in: "query", name: "key" },
  ],
  keys: { mobile: "k-1", web: "k 2&", broken: "" },
  status: 503,
};

async function answerTo(headers: Readonly<Record<string, string>>, path = "/a"): Promise<Verdict> {
  const judge = openPolicy(policy, contractDeps());
  return await judge.judge(checkWith(headers, path), new AbortController().signal);
}

test("a key in the header passes, and so does one in the query, decoded", async () => {
  const passes: Verdict = { kind: "allow", set: [], remove: [], answer: [] };
  assert.deepEqual(await answerTo({ "x-key": "k-1" }), passes);
  assert.deepEqual(await answerTo({}, "/a?x=1&key=k+2%26"), passes);
});

test("the name of a client is no key", async () => {
  assert.deepEqual(await answerTo({ "x-key": "mobile" }), {
    kind: "deny",
    status: 403,
    headers: [],
  });
});

test("the first place that has a key counts", async () => {
  const verdict = await answerTo({ "x-key": "k-9" }, "/a?key=k-1");
  assert.deepEqual(verdict, { kind: "deny", status: 403, headers: [] });
});

test("no key is 401, a wrong one 403", async () => {
  assert.deepEqual(await answerTo({}), { kind: "deny", status: 401, headers: [] });
  assert.deepEqual(await answerTo({ "x-key": "" }), { kind: "deny", status: 401, headers: [] });
  assert.deepEqual(await answerTo({ "x-key": "K-1" }), { kind: "deny", status: 403, headers: [] });
});
