import assert from "node:assert/strict";
import { test } from "node:test";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import { shaHash } from "#test/fakes/password-hash.ts";
import type { Verdict } from "../check.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";

const passwords = `alice:${shaHash("se:cret")}\nempty:${shaHash("")}`;

async function answerTo(authorization?: string, realm = "the shop"): Promise<Verdict> {
  const judge = openPolicy({ kind: "basic", realm, passwords, status: 503 }, contractDeps());
  const check = checkWith(authorization === undefined ? {} : { authorization });
  return await judge.judge(check, new AbortController().signal);
}

const passing: Readonly<Record<string, string>> = {
  "name and password": `Basic ${btoa("alice:se:cret")}`,
  "the scheme in another case": `bASIC ${btoa("alice:se:cret")}`,
  "several blanks": `Basic   ${btoa("alice:se:cret")}`,
  "an empty password that is the right one": `Basic ${btoa("empty:")}`,
};

for (const [what, header] of Object.entries(passing)) {
  test(`${what}: the request passes as it is`, async () => {
    assert.deepEqual(await answerTo(header), { kind: "allow", set: [], remove: [], answer: [] });
  });
}

const failing: Readonly<Record<string, string | undefined>> = {
  nothing: undefined,
  "another scheme": "Bearer abc",
  "a wrong password": `Basic ${btoa("alice:se")}`,
  "no colon": `Basic ${btoa("alice")}`,
  "no base64": "Basic §§§",
  "two headers in one": `Basic ${btoa("alice:se:cret")},Basic ${btoa("alice:se:cret")}`,
  "more than anybody has": `Basic ${btoa(`alice:${"x".repeat(2000)}`)}`,
};

for (const [what, header] of Object.entries(failing)) {
  test(`${what}: 401, and which credentials are wanted`, async () => {
    assert.deepEqual(await answerTo(header), {
      kind: "deny",
      status: 401,
      headers: [{ name: "www-authenticate", value: 'Basic realm="the shop"' }],
    });
  });
}

test("a realm with quotes ends where it should", async () => {
  const verdict = await answerTo(undefined, 'a "b" \\c');
  assert.ok(verdict.kind === "deny");
  assert.equal(verdict.headers[0]?.value, 'Basic realm="a \\"b\\" \\\\c"');
});
