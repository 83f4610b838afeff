import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { apr1Hash, bcryptHash, shaHash } from "#test/fakes/password-hash.ts";
import { parseHtpasswd } from "../htpasswd.ts";
import { verifyHash } from "./verify-hash.ts";

const passwords = [
  "secret",
  "",
  "a",
  "0123456789abcdef",
  "with:colon and blank",
  "pässwörd",
  "x".repeat(70),
];

function verify(hash: string, password: string): boolean {
  const stored = parseHtpasswd(`user:${hash}`).users.get("user");
  assert.ok(stored, `taken as a hash: ${hash}`);
  return verifyHash(stored, password);
}

const noBcrypt =
  bcryptHash("x") === undefined && "there is no perl with a crypt(3) that knows bcrypt";

for (const password of passwords) {
  test(`what openssl made of ${JSON.stringify(password)} is verified`, { skip: noOpenssl }, () => {
    const hash = apr1Hash(password);
    assert.equal(verify(hash, password), true);
    assert.equal(verify(hash, `${password}x`), false);
  });
  test(`what crypt(3) made of ${JSON.stringify(password)} is verified`, { skip: noBcrypt }, () => {
    const hash = bcryptHash(password) ?? "";
    assert.equal(verify(hash, password), true);
    assert.equal(verify(hash, `x${password}`), false);
  });
  test(`SHA-1 of ${JSON.stringify(password)} is verified`, () => {
    assert.equal(verify(shaHash(password), password), true);
    assert.equal(verify(shaHash(password), `${password}x`), false);
  });
}

test("SHA-1 with a salt is verified", () => {
  const salt = randomBytes(8);
  const digest = createHash("sha1").update("secret").update(salt).digest();
  const hash = `{SSHA}${Buffer.concat([digest, salt]).toString("base64")}`;
  assert.equal(verify(hash, "secret"), true);
  assert.equal(verify(hash, "Secret"), false);
});
