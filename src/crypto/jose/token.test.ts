import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { generateJwk, signToken } from "#test/fakes/certificates/signed-token.ts";
import { type KeySet, parseKeySet } from "./key-set.ts";
import { isSigned, isTimely, parseToken } from "./token.ts";

function keySet(...keys: readonly object[]): KeySet {
  const parsed = parseKeySet(JSON.stringify({ keys }));
  assert.ok(parsed.ok);
  return parsed.value;
}

function isGood(text: string, { keys }: KeySet): boolean {
  const token = parseToken(text);
  return token !== undefined && isSigned(token, keys);
}

const algorithms = [
  ...["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA"],
];

for (const algorithm of algorithms) {
  test(`${algorithm}: who has the key signs, another key of the kind does not`, () => {
    const [own, other] = [generateJwk(algorithm), generateJwk(algorithm)];
    const token = signToken(own, { sub: "alice" });
    assert.ok(isGood(token, keySet(own.published)));
    assert.ok(isGood(token, keySet(other.published, own.published)));
    assert.ok(!isGood(token, keySet(other.published)));
    const [head = "", , signature = ""] = token.split(".");
    const changed = Buffer.from('{"sub":"root"}').toString("base64url");
    assert.ok(!isGood(`${head}.${changed}.${signature}`, keySet(own.published)));
  });
}

test("a token names its key: of several only that one counts, and one without a name is for all", () => {
  const [one, two] = [generateJwk("ES256", "one"), generateJwk("ES256", "two")];
  const { kid: _, ...unnamed } = one.published;
  const lying = signToken(one, {}, { kid: "two" });
  assert.ok(!isGood(lying, keySet(one.published, two.published)));
  assert.ok(isGood(signToken(one, {}), keySet(one.published, two.published)));
  assert.ok(isGood(lying, keySet(unnamed)));
});

test("a public key is nobody's secret: a token signed with it as if it were one is not signed", () => {
  const rsa = generateJwk("RS256");
  const pem = generatePem(rsa.verifying);
  const forged = signToken({ ...generateJwk("HS256"), signing: pem }, {});
  assert.ok(!isGood(forged, keySet(rsa.published)));
});

test("a key for one algorithm verifies no other", () => {
  const key = generateJwk("RS256");
  const token = signToken({ ...key, algorithm: "RS512" }, {});
  assert.ok(isGood(token, keySet(key.published)));
  assert.ok(!isGood(token, keySet({ ...key.published, alg: "RS256" })));
});

const noToken: Readonly<Record<string, string>> = {
  "an algorithm that signs nothing": `${encoded({ alg: "none" })}.${encoded({})}.`,
  "nothing at all": "",
  "two parts": "a.b",
  "five parts, as of one that is encrypted": "a.b.c.d.e",
  "a header that is no object": `${encoded([])}.${encoded({})}.AA`,
  "an extension that must be understood": `${encoded({ alg: "HS256", crit: ["x"], x: 1 })}.${encoded({})}.AA`,
  "an expiry that is no number": `${encoded({ alg: "HS256" })}.${encoded({ exp: "9999999999" })}.AA`,
  "more than anybody sends": `${encoded({ alg: "HS256" })}.${encoded({ x: "y".repeat(20_000) })}.AA`,
};

for (const [what, text] of Object.entries(noToken)) {
  test(`${what} is no token`, () => assert.equal(parseToken(text), undefined));
}

test("a token is good from its first second until its last", () => {
  const token = parseToken(signToken(generateJwk("HS256"), { nbf: 100, exp: 200 }));
  assert.ok(token);
  const good = [99, 100, 199, 200].map((seconds) => isTimely(token, seconds));
  assert.deepEqual(good, [false, true, true, false]);
});

test("keys that cannot be used are told of by their place, and the others are", () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const { keys, unused } = keySet(
    { kty: "oct", k: "" },
    { ...generateJwk("ES256").published, use: "enc" },
    { ...generateJwk("ES256").published, alg: "HS256" },
    short.export({ format: "jwk" }),
    { kty: "RSA", n: "secret-text", e: "!" },
    generateJwk("ES256").published,
  );
  assert.equal(keys.length, 1);
  assert.deepEqual(
    unused.map(({ entry }) => entry),
    [1, 2, 3, 4, 5],
  );
  assert.ok(!JSON.stringify(unused).includes("secret-text"));
});

test("what is no key set is said to be none, without a word of it", () => {
  for (const text of ["", "s3cret", "[]", '{"keys":{}}', "null"]) {
    const parsed = parseKeySet(text);
    assert.ok(!parsed.ok && !parsed.error.includes("s3cret"));
  }
});

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function generatePem(key: KeyObject): Buffer {
  return Buffer.from(key.export({ type: "spki", format: "pem" }));
}
