import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { noOpenssl, openssl, opensslKeystore } from "#test/fakes/certificates/openssl.ts";
import { generatePrivateKey, importPrivateKey, type KeyChoice } from "../keys/private-key.ts";
import { generateSigningKey } from "../keys/signing-key.ts";
import { issueCertificate, issueSelfSigned } from "../x509/certificate.ts";
import { type ParsedCertificate, parseCertificate } from "../x509/parsed-certificate.ts";
import { buildKeystore, buildTruststore, type KeystoreContent } from "./pkcs12.ts";
import { type KeystoreProfile, keystoreProfiles } from "./pkcs12-profiles.ts";
import { isSealedBy } from "./pkcs12-seal.ts";

const start = Temporal.Instant.from("2026-01-01T00:00:00Z");
const dates = { notBefore: start, notAfter: start.add({ hours: 24 }) };
const password = "pässword, long enough to matter";

function parsed(der: Uint8Array): ParsedCertificate {
  const certificate = parseCertificate(der);
  assert.ok(certificate.ok, "it is a certificate");
  return certificate.value;
}

function content(choice: KeyChoice): KeystoreContent {
  const issuer = generateSigningKey();
  const authority = issueSelfSigned({
    ...{ subject: { commonName: "an authority" }, key: issuer, ...dates },
    extensions: { authority: {}, keyUsage: ["keyCertSign"] },
  });
  const key = importPrivateKey(generatePrivateKey(choice));
  const leaf = issueCertificate(
    {
      ...{ subject: { commonName: "a leaf" }, key, ...dates },
      extensions: { keyUsage: ["digitalSignature"] },
    },
    { certificate: authority, key: issuer },
  );
  return { key, chain: [parsed(leaf)], authorities: [parsed(authority)] };
}

function readBack(context: TestContext, keystore: Uint8Array, ...more: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-p12-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "keystore.p12");
  writeFileSync(file, keystore);
  return openssl(["pkcs12", "-in", file, "-nodes", "-passin", `pass:${password}`, ...more]);
}

const legacy = (profile: string): readonly string[] =>
  profile.startsWith("Legacy") ? ["-legacy"] : [];

/** OpenSSL verifies the seal of PBMAC1 from 3.4 on. */
const unsealed = (profile: string): readonly string[] =>
  profile === "Modern2026" ? ["-nomacver"] : [];

for (const profile of Object.keys(keystoreProfiles) as KeystoreProfile[]) {
  for (const choice of [
    { algorithm: "ECDSA", size: 256 },
    { algorithm: "RSA", size: 2048 },
    { algorithm: "Ed25519", size: 0 },
  ] as const) {
    test(`OpenSSL reads key and chain of a keystore ${profile} with a key ${choice.algorithm}`, {
      skip: noOpenssl,
    }, (context) => {
      const given = content(choice);
      const keystore = buildKeystore(given, { profile, password });
      const text = readBack(context, keystore, ...legacy(profile), ...unsealed(profile));
      assert.match(text, /^(?!exit code)/);
      const blocks = text.match(/-----BEGIN [A-Z ]+-----/g);
      assert.deepEqual(blocks, [
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----",
      ]);
      const pem = given.key.export({ type: "pkcs8", format: "pem" }).toString();
      assert.ok(text.includes(pem), "the key is the one given");
      assert.ok(text.includes(given.chain[0]?.pem.trim() ?? "?"), "and so is the certificate");
    });
  }
}

test("OpenSSL reads what a truststore trusts", { skip: noOpenssl }, (context) => {
  const { key, authorities } = content({ algorithm: "ECDSA", size: 256 });
  const keystore = buildTruststore(authorities, { profile: "Modern2023", password, key });
  const text = readBack(context, keystore);
  assert.match(text, /friendlyName: an authority/);
  assert.match(text, /2\.16\.840\.1\.113894\.746875\.1\.1|Trusted key usage/);
});

test("the same content gives the same bytes, and another password others", () => {
  const given = content({ algorithm: "ECDSA", size: 256 });
  const settings = { profile: "Modern2023", password } as const;
  const once = buildKeystore(given, settings);
  assert.deepEqual(buildKeystore(given, settings), once);
  assert.notDeepEqual(buildKeystore(given, { ...settings, password: "other" }), once);
});

test("whether a keystore is sealed under a password is seen, whoever wrote it", {
  skip: noOpenssl,
}, () => {
  const given = content({ algorithm: "ECDSA", size: 256 });
  for (const profile of Object.keys(keystoreProfiles) as KeystoreProfile[]) {
    const keystore = buildKeystore(given, { profile, password });
    assert.ok(isSealedBy(keystore, { profile, password }), profile);
    assert.ok(!isSealedBy(keystore, { profile, password: "other" }), profile);
  }
  const once = opensslKeystore(given.key, "changeit", ["-macalg", "sha1", "-nomaciter"]);
  const often = opensslKeystore(given.key, "changeit", ["-macalg", "sha256", "-iter", "3000"]);
  assert.ok(isSealedBy(once, { profile: "LegacyRC2", password: "changeit" }));
  assert.ok(isSealedBy(often, { profile: "Modern2023", password: "changeit" }));
  assert.ok(!isSealedBy(often, { profile: "LegacyDES", password: "changeit" }));
  assert.ok(!isSealedBy(often.subarray(0, 100), { profile: "Modern2023", password: "changeit" }));
  assert.ok(!isSealedBy(Buffer.from("no keystore"), { profile: "LegacyRC2", password }));
});
