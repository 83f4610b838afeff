/** Keystores and truststores that we make, judged by Java's keytool: it opens them, and signs by the key that is in them. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { buildKeystore, buildTruststore } from "#crypto/pkcs12/pkcs12.ts";
import { type KeystoreProfile, keystoreProfiles } from "#crypto/pkcs12/pkcs12-profiles.ts";
import { issueCertificate, issueSelfSigned } from "#crypto/x509/certificate.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import { keyOfRequest, parseSigningRequest } from "#crypto/x509/signing-request.ts";

const skip =
  spawnSync("keytool", ["-help"]).error === undefined
    ? false
    : "there is no keytool on this machine: install a Java";

const password = "changeit, and long";

/** Both outputs of keytool over a keystore. */
function keytool(context: TestContext, keystore: Uint8Array, ...args: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-keytool-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "keystore.p12");
  writeFileSync(file, keystore);
  const how = ["-storetype", "PKCS12", "-storepass", password, "-keystore", file];
  const { stdout, stderr } = spawnSync("keytool", [...args, ...how], { encoding: "utf8" });
  return `${stdout}${stderr}`;
}

function parsed(der: Uint8Array): ParsedCertificate {
  const certificate = parseCertificate(der);
  assert.ok(certificate.ok, "it is a certificate");
  return certificate.value;
}

const now = Temporal.Now.instant();
const dates = { notBefore: now.subtract({ hours: 1 }), notAfter: now.add({ hours: 24 }) };
const [issuerKey, key] = [generateSigningKey(), generateSigningKey()];
const authority = issueSelfSigned({
  ...{ subject: { commonName: "an authority" }, key: issuerKey, ...dates },
  extensions: { authority: {}, keyUsage: ["keyCertSign"] },
});
const leaf = issueCertificate(
  {
    ...{ subject: { commonName: "a leaf" }, key, ...dates },
    extensions: { keyUsage: ["digitalSignature"] },
  },
  { certificate: authority, key: issuerKey },
);
const authorities = [parsed(authority)];

/** PBMAC1 (RFC 9579): Java knows it from version 26 on. */
const tooOld = /NoSuchAlgorithmException: Algorithm HmacPBE/;

for (const profile of Object.keys(keystoreProfiles) as KeystoreProfile[]) {
  test(`keytool opens what is made by profile ${profile}`, { skip }, (context) => {
    const settings = { profile, password };
    const keystore = buildKeystore({ key, chain: [parsed(leaf)], authorities }, settings);
    const signed = keytool(context, keystore, "-certreq", "-alias", "1");
    if (profile === "Modern2026" && tooOld.test(signed)) {
      context.skip("this Java is too old for PBMAC1");
      return;
    }
    const request = parseSigningRequest(Buffer.from(signed));
    assert.ok(request.ok, signed);
    assert.ok(
      keyOfRequest(request.value).equals(createPublicKey(key)),
      "it signed by the key given",
    );
    const trusted = keytool(
      context,
      buildTruststore(authorities, { ...settings, key }),
      "-list",
      "-rfc",
    );
    assert.match(trusted, /Alias name: an authority[\s\S]*Entry type: trustedCertEntry/);
    const [pem = ""] = /-----BEGIN CERTIFICATE-----[^-]*-----END/.exec(trusted) ?? [];
    const body = pem.replaceAll(/-----[^-]*-----|-----END|\s/g, "");
    assert.deepEqual(Buffer.from(body, "base64"), Buffer.from(authority));
  });
}

test("keytool opens nothing under another password", { skip }, (context) => {
  const settings = { profile: "Modern2023", password: "another" } as const;
  const keystore = buildKeystore({ key, chain: [parsed(leaf)], authorities }, settings);
  assert.match(keytool(context, keystore, "-list"), /keystore password was incorrect/);
});
