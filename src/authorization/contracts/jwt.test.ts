import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { type AuthService, startAuthService } from "#test/fakes/auth-service.ts";
import { generateJwk, signToken, type TokenKey } from "#test/fakes/certificates/signed-token.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import type { Verdict } from "../check.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";
import type { ContractDeps, PolicyJudge } from "./contract-kind.ts";

const key = generateJwk("ES256");
const never = new AbortController().signal;
const passes: Verdict = { kind: "allow", set: [], remove: [], answer: [] };

function keySet(...keys: readonly TokenKey[]): string {
  return JSON.stringify({ keys: keys.map(({ published }) => published) });
}

function open(more: JsonObject = {}, deps: ContractDeps = contractDeps()): PolicyJudge {
  return openPolicy(
    { kind: "jwt", realm: "the shop", keys: keySet(key), status: 500, ...more },
    deps,
  );
}

function answerTo(
  judge: PolicyJudge,
  headers: Readonly<Record<string, string>>,
  path = "/a",
): Promise<Verdict> {
  return judge.judge(checkWith(headers, path), never);
}

function refused(error = ""): Verdict {
  const value = `Bearer realm="the shop"${error}`;
  return { kind: "deny", status: 401, headers: [{ name: "www-authenticate", value }] };
}

const invalid = ', error="invalid_token"';

test("a token passes behind Bearer, in a header, a cookie or an argument: where it is looked for", async () => {
  const good = signToken(key, { sub: "alice" });
  const places: readonly (readonly [JsonObject, Record<string, string>, string])[] = [
    [{}, { authorization: `bearer  ${good}` }, "/"],
    [{ place: { in: "header", name: "X-Token" } }, { "x-token": good }, "/"],
    [{ place: { in: "cookie", name: "auth" } }, { cookie: `a=b; auth=${good}; auth=c` }, "/"],
    [{ place: { in: "query", name: "jwt" } }, {}, `/?a=b&jwt=${good}`],
  ];
  for (const [policy, headers, path] of places) {
    assert.deepEqual(await answerTo(open(policy), headers, path), passes);
    if (Object.keys(policy).length > 0)
      assert.deepEqual(
        await answerTo(open(policy), { authorization: `Bearer ${good}` }),
        refused(),
      );
  }
});

test("no token is 401, and so is one that another key signed, with what is wrong", async () => {
  assert.deepEqual(await answerTo(open(), {}), refused());
  assert.deepEqual(await answerTo(open(), { authorization: `Basic ${btoa("a:b")}` }), refused());
  const forged = signToken(generateJwk("ES256"), {});
  assert.deepEqual(await answerTo(open(), { authorization: `Bearer ${forged}` }), refused(invalid));
});

test("a token that was good is not any more once it expires", async () => {
  const clock = createManualClock();
  const seconds = clock.now().epochMilliseconds / 1000;
  const judge = open({}, { ...contractDeps(), clock });
  const authorization = `Bearer ${signToken(key, { nbf: seconds + 10, exp: seconds + 20 })}`;
  assert.deepEqual(await answerTo(judge, { authorization }), refused(invalid));
  await clock.advance({ seconds: 10 });
  assert.deepEqual(await answerTo(judge, { authorization }), passes);
  await clock.advance({ seconds: 10 });
  assert.deepEqual(await answerTo(judge, { authorization }), refused(invalid));
});

test("where there is a page to sign in, browsers are sent there", async () => {
  const location = { name: "location", value: "https://login.test/" };
  const verdict = await answerTo(open({ signIn: location.value }), {});
  assert.deepEqual(verdict, { kind: "deny", status: 302, headers: [location] });
});

test("without any keys nobody passes", async () => {
  const { keys: _, ...policy } = { kind: "jwt", realm: "x", keys: "", status: 500 };
  const authorization = `Bearer ${signToken(key, {})}`;
  const verdict = await answerTo(openPolicy(policy, contractDeps()), { authorization });
  assert.deepEqual(verdict, { kind: "deny", status: 500, headers: [] });
});

function published({ address }: AuthService): JsonObject {
  const fetched = { addresses: [address], host: "keys.test", path: "/certs?x=1", keepMs: 60_000 };
  return { keys: "", fetched };
}

test("keys that are published are asked for once, and again when they are old", async () => {
  const next = generateJwk("ES256", "next");
  let keys = keySet(key);
  await using service = await startAuthService(() => ({ status: 200, body: keys }));
  const clock = createManualClock();
  const judge = open(published(service), { ...contractDeps(), clock });
  const headers = { authorization: `Bearer ${signToken(key, {})}` };
  const all = await Promise.all([1, 2, 3].map(() => answerTo(judge, headers)));
  assert.deepEqual(all, [passes, passes, passes]);
  const [asked, ...more] = service.asked;
  assert.deepEqual([asked?.url, asked?.headers.host, more], ["/certs?x=1", "keys.test", []]);
  keys = keySet(next);
  assert.deepEqual(await answerTo(judge, headers), passes);
  await clock.advance({ minutes: 1 });
  assert.deepEqual(await answerTo(judge, headers), refused(invalid));
  const renewed = { authorization: `Bearer ${signToken(next, {})}` };
  assert.deepEqual(await answerTo(judge, renewed), passes);
  assert.equal(service.asked.length, 2);
  judge.close();
});

test("while published keys cannot be had nobody passes, and who has them is not asked all the time", async () => {
  let status = 503;
  await using service = await startAuthService(() => ({ status, body: keySet(key) }));
  const clock = createManualClock();
  const judge = open(published(service), { ...contractDeps(), clock });
  const headers = { authorization: `Bearer ${signToken(key, {})}` };
  const closed: Verdict = { kind: "deny", status: 500, headers: [] };
  assert.deepEqual(await answerTo(judge, headers), closed);
  assert.deepEqual(await answerTo(judge, headers), closed);
  assert.equal(service.asked.length, 1);
  status = 200;
  await clock.advance({ seconds: 1 });
  assert.deepEqual(await answerTo(judge, headers), passes);
  judge.close();
});
