import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { generateJwk, signToken } from "#test/fakes/certificates/signed-token.ts";
import { contractDeps } from "#test/fakes/contract-deps.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { openPolicy } from "./all.ts";
import { checkWith } from "./contract.ts";

const key = generateJwk("ES256");
const never = new AbortController().signal;
const keySet = JSON.stringify({ keys: [key.published] });
const sub = { kind: "claim", path: ["sub"] };
const level = { kind: "claim", path: ["user", "level"] };

/** One in a second. */
const slow = { requests: 1, perMs: 1000, burst: 0, mostKeys: 100 };

interface Counting {
  /** How many of ten requests with these headers pass at once. */
  readonly passed: (headers: Readonly<Record<string, string>>, path?: string) => Promise<number>;
  readonly advance: (ms: number) => Promise<void>;
}

function counting(policy: JsonObject): Counting {
  const clock = createManualClock();
  const judge = openPolicy({ kind: "rate", status: 429, ...policy }, { ...contractDeps(), clock });
  return {
    passed: async (headers, path) => {
      let passed = 0;
      for (let turn = 0; turn < 10; turn += 1) {
        const verdict = await judge.judge(checkWith(headers, path), never);
        if (verdict.kind === "allow") passed += 1;
        else assert.equal(verdict.status, 429);
      }
      return passed;
    },
    advance: (ms) => clock.advance(Temporal.Duration.from({ milliseconds: ms })),
  };
}

const bearer = (token: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${token}`,
});

/** Gold may come five at once, all others one. */
const tiers = [
  { key: [sub], only: [{ of: level, value: "Gold" }], ...slow, burst: 4 },
  {
    key: [{ kind: "text", name: "all " }, sub],
    only: [{ of: level, value: "gold", negated: true }],
    ...slow,
  },
];

test("tokens with different claims have different limits; one that is forged, late or absent has the default one", async () => {
  const { passed } = counting({ limits: tiers, tokens: { signed: true, keys: keySet } });
  const gold = { user: { level: "gold" } };
  assert.equal(await passed(bearer(signToken(key, { sub: "a", ...gold }))), 5);
  assert.equal(await passed(bearer(signToken(key, { sub: "b", ...gold }))), 5);
  assert.equal(await passed(bearer(signToken(key, { sub: "a", user: { level: "tin" } }))), 1);
  const forged = signToken(generateJwk("ES256", key.id), { sub: "c", ...gold });
  assert.equal(await passed(bearer(forged)), 1);
  // They share what those get of whom nothing is known.
  assert.equal(await passed(bearer(signToken(key, { sub: "d", exp: 1, ...gold }))), 0);
  assert.equal(await passed({}), 0);
  assert.equal(await passed(bearer("no token")), 0);
});

test("what tokens say is believed unsigned where nobody says who signs them", async () => {
  const { passed } = counting({ limits: tiers, tokens: { signed: false } });
  const token = signToken(generateJwk("HS256"), { sub: "a", user: { level: "gold" } });
  assert.equal(await passed(bearer(token)), 5);
});

test("clients are told apart by whose their key is, or by the key itself", async () => {
  const client = { kind: "api-key-client" };
  const { passed } = counting({
    limits: [
      { key: [client], only: [{ of: client, pattern: ".*-premium" }], ...slow, burst: 1 },
      {
        key: [{ kind: "api-key" }],
        only: [{ of: client, pattern: ".*-premium", negated: true }],
        ...slow,
      },
    ],
    keys: {
      places: [{ in: "header", name: "X-Key" }],
      keys: { "a-premium": "1", "b-premium": "2", "a-basic": "3" },
    },
  });
  assert.equal(await passed({ "x-key": "1" }), 2);
  assert.equal(await passed({ "x-key": "2" }), 2);
  assert.equal(await passed({ "x-key": "3" }), 1);
  // Whose key it is not known has one of its own as well; who has none is not counted.
  assert.equal(await passed({ "x-key": "4" }), 1);
  assert.equal(await passed({}), 10);
});

test("requests are evenly spaced, but for those that may come before their time", async () => {
  const by = [{ kind: "header", name: "x-user" }];
  const { passed, advance } = counting({ limits: [{ key: by, ...slow, requests: 2, burst: 2 }] });
  assert.equal(await passed({ "x-user": "a" }), 3);
  await advance(499);
  assert.equal(await passed({ "x-user": "a" }), 0);
  await advance(1);
  assert.equal(await passed({ "x-user": "a" }), 1);
  await advance(60_000);
  assert.equal(await passed({ "x-user": "a" }), 3);
  assert.equal(await passed({ "x-user": "b" }), 3);
  assert.equal(await passed({}), 10);
});

test("a request that one limit has no room for takes nothing from the others", async () => {
  const { passed, advance } = counting({
    limits: [
      { key: [{ kind: "client-address" }], ...slow, perMs: 100_000, burst: 2 },
      { key: [{ kind: "cookie", name: "user" }], ...slow },
    ],
  });
  assert.equal(await passed({ cookie: "a=b; user=c" }), 1);
  await advance(1000);
  assert.equal(await passed({ cookie: "User=c" }), 1);
  assert.equal(await passed({ cookie: "user=d" }), 1);
  assert.equal(await passed({ cookie: "user=e" }), 0);
});

const parts: Readonly<Record<string, readonly [JsonObject, string]>> = {
  "the target": [{ kind: "target" }, "/a/b?c=d&E=f"],
  "the path": [{ kind: "path" }, "/a/b"],
  "the query": [{ kind: "query" }, "c=d&E=f"],
  "the method": [{ kind: "method" }, "POST"],
  "the scheme": [{ kind: "scheme" }, "https"],
  "the host": [{ kind: "header", name: "host" }, "shop.test:8443"],
  "a header": [{ kind: "header", name: "x-a" }, "1"],
  "an argument": [{ kind: "argument", name: "e" }, "f"],
  "the client's address": [{ kind: "client-address" }, "192.0.2.1"],
  "a number": [{ kind: "claim", path: ["n"] }, "1.5"],
  "a truth": [{ kind: "claim", path: ["t"] }, "true"],
  "a list": [{ kind: "claim", path: ["l"] }, "a,2"],
  "a mapping, of which nothing is said": [{ kind: "claim", path: ["m"] }, ""],
  "what is in a mapping": [{ kind: "claim", path: ["m", "a"] }, "b"],
  "what every mapping has": [{ kind: "claim", path: ["constructor", "name"] }, ""],
};
for (const [sentence, [of, value]] of Object.entries(parts)) {
  test(`requests are told apart by ${sentence}`, async () => {
    const claims = { n: 1.5, t: true, l: ["a", 2], m: { a: "b" } };
    const headers = { "x-a": "1", ...bearer(signToken(key, claims)) };
    const { passed } = counting({
      limits: [{ key: [{ kind: "text", name: "all" }], only: [{ of, value }], ...slow }],
      tokens: { signed: false },
    });
    assert.equal(await passed(headers, "/a/b?c=d&E=f"), 1);
  });
}

test("a pattern that backtracking would never be done with is looked for at once", async () => {
  const of = { kind: "header", name: "x-a" };
  const only = [{ of, pattern: "(a+)+b" }];
  const { passed } = counting({ limits: [{ key: [of], only, ...slow }] });
  assert.equal(await passed({ "x-a": "a".repeat(5000) }), 10);
});

test("a pattern that cannot be read closes what it was for", async () => {
  const only = [{ of: sub, pattern: "(" }];
  const { passed } = counting({ limits: [{ key: [sub], only, ...slow }] });
  assert.equal(await passed({}), 0);
});
