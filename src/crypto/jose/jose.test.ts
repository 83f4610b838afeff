import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import { generateSigningKey, type SigningKey } from "../keys/signing-key.ts";
import { authenticateJws, jwkThumbprint, jwsAlgorithm, publicJwk, signJws } from "./jose.ts";

/** The public half stands in RFC 7638 §3.1; the private one is not told there, and no thumbprint needs it. */
const example = {
  kty: "RSA",
  n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
  e: "AQAB",
};

function rsaKey(): SigningKey {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

test("the thumbprint is that of RFC 7638 §3.1", () => {
  const key = createPublicKey({ key: example, format: "jwk" });
  assert.equal(jwkThumbprint(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
});

test("a public key shows nothing of the private one", () => {
  assert.deepEqual(Object.keys(publicJwk(generateSigningKey())), ["crv", "kty", "x", "y"]);
  assert.deepEqual(Object.keys(publicJwk(rsaKey())), ["e", "kty", "n"]);
});

for (const [algorithm, key] of [
  ["ES256", generateSigningKey()],
  ["RS256", rsaKey()],
] as const) {
  test(`a signature by ${algorithm} is verified by the public half`, () => {
    const jws = signJws({ url: "https://acme.example/x" }, '{"a":1}', key);
    const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString());
    assert.deepEqual(header, { alg: algorithm, url: "https://acme.example/x" });
    assert.equal(Buffer.from(jws.payload, "base64url").toString(), '{"a":1}');
    const signature = Buffer.from(jws.signature, "base64url");
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const by = { key: createPublicKey(key), dsaEncoding: "ieee-p1363" } as const;
    assert.ok(verify("sha256", signed, by, signature));
  });
}

test("a shared secret signs by HS256", () => {
  const secret = Buffer.from(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    "base64url",
  );
  const jws = authenticateJws({ kid: "1" }, "", new SecretBytes(secret));
  assert.equal(jws.payload, "");
  assert.equal(Buffer.from(jws.signature, "base64url").length, 32);
  assert.deepEqual(JSON.parse(Buffer.from(jws.protected, "base64url").toString()), {
    alg: "HS256",
    kid: "1",
  });
});

test("keys of other kinds and short ones sign nothing", () => {
  const others = [
    generateKeyPairSync("ed25519").privateKey,
    generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
    createPrivateKey(
      generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({
        type: "pkcs8",
        format: "pem",
      }),
    ),
  ];
  for (const key of others) assert.equal(jwsAlgorithm(key).ok, false);
});
