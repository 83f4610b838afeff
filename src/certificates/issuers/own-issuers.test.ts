/** What issuers of ours sign, as OpenSSL reads and verifies it: cert-manager's rows of what an issuer can do. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { formatPem, parsePem } from "#crypto/pem.ts";
import { findCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { certificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { noOpenssl, openssl } from "#test/fakes/certificates/openssl.ts";

interface Issued {
  /** As OpenSSL shows the certificate. */
  readonly text: string;
  /** What it says when it verifies the chain by its strictest rules. */
  readonly verdict: string;
}

async function issue(context: TestContext, spec: JsonObject, by: "ca" | "self"): Promise<Issued> {
  const stage = await certificateStage(context);
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "a root", isCA: true, privateKey: quickKey },
    issuerRef: { name: "self" },
  });
  await stage.create("Issuer", "ca", {
    ca: { secretName: "root", crlDistributionPoints: ["http://crl.example.com/a.crl"] },
  });
  await stage.create("Certificate", "leaf", {
    ...{ secretName: "leaf", privateKey: quickKey, issuerRef: { name: by } },
    ...spec,
  });
  await stage.settled();
  assert.match(await stage.condition("leaf", "Ready"), /^True/);
  const { data } = ((await stage.secret("leaf"))?.body ?? {}) as {
    readonly data: Readonly<Record<string, string>>;
  };
  const directory = mkdtempSync(join(tmpdir(), "sekisho-issued-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => {
    const path = join(directory, name);
    writeFileSync(path, Buffer.from(data[name] ?? "", "base64"));
    return path;
  };
  const [leaf, root] = [file("tls.crt"), file("ca.crt")];
  return {
    text: openssl(["x509", "-in", leaf, "-noout", "-text"]),
    verdict: openssl(["verify", "-x509_strict", "-CAfile", root, leaf]),
  };
}

const rows: Readonly<Record<string, readonly [JsonObject, ...RegExp[]]>> = {
  "one DNS name": [
    { dnsNames: ["a.example.com"] },
    /Subject: *\n/,
    /Subject Alternative Name: critical\s+DNS:a\.example\.com\n/,
    /Basic Constraints: critical\s+CA:FALSE/,
    /Key Usage: critical\s+Digital Signature, Key Encipherment\n/,
  ],
  "a wildcard and its apex": [
    { dnsNames: ["*.example.com", "example.com"] },
    /DNS:\*\.example\.com, DNS:example\.com/,
  ],
  "a common name alone": [{ commonName: "a.example.com" }, /Subject: CN = a\.example\.com/],
  "addresses beside names": [
    { commonName: "a", dnsNames: ["a.example.com"], ipAddresses: ["10.0.0.1", "2001:db8::1"] },
    /Subject Alternative Name: *\n\s+DNS:a\.example\.com, IP Address:10\.0\.0\.1, IP Address:2001:DB8:0:0:0:0:0:1/,
  ],
  "e-mail addresses, URIs and names of other types": [
    {
      ...{ emailAddresses: ["a@example.com"], uris: ["spiffe://example.com/a"] },
      otherNames: [{ oid: "1.3.6.1.4.1.311.20.2.3", utf8Value: "a@example.com" }],
    },
    /email:a@example\.com, URI:spiffe:\/\/example\.com\/a, othername: UPN::a@example\.com/,
  ],
  "a literal subject": [
    { literalSubject: "CN=a,OU=b,O=c\\, d,DC=example,DC=com" },
    /Subject: DC = com, DC = example, O = "c, d", OU = b, CN = a/,
  ],
  usages: [
    { dnsNames: ["a.example.com"], usages: ["server auth", "client auth", "digital signature"] },
    /Key Usage: critical\s+Digital Signature\n/,
    /Extended Key Usage: *\n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/,
  ],
  "an RSA key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "RSA" } },
    /Public-Key: \(2048 bit\)/,
  ],
  "an Ed25519 key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "Ed25519" } },
    /Public Key Algorithm: ED25519/,
  ],
  "a P-521 key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "ECDSA", size: 521 } },
    /Public-Key: \(521 bit\)/,
  ],
  "an authority with constraints": [
    {
      ...{ commonName: "a lower one", isCA: true },
      nameConstraints: { critical: true, permitted: { dnsDomains: ["example.com"] } },
    },
    /CA:TRUE/,
    /Name Constraints: critical\s+Permitted:\s+DNS:example\.com/,
    /Certificate Sign/,
  ],
  "a name of more than 64 characters": [
    { dnsNames: [`${"a".repeat(60)}.${"b".repeat(60)}.example.com`] },
    /DNS:a{60}\.b{60}\.example\.com/,
  ],
};

for (const [what, [spec, ...expected]] of Object.entries(rows)) {
  for (const by of ["ca", "self"] as const) {
    test(`${by === "ca" ? "an authority" : "who signs itself"} gives a certificate with ${what}`, {
      skip: noOpenssl,
    }, async (context) => {
      const { text, verdict } = await issue(context, spec, by);
      for (const pattern of expected) assert.match(text, pattern);
      if (by === "ca") {
        assert.match(verdict, /: OK$/m);
        assert.match(text, /URI:http:\/\/crl\.example\.com\/a\.crl/);
      }
    });
  }
}

/** The request for a certificate, with another byte at the end of its signature. */
function forged({ body }: KubeObject): string {
  const { request } = (body["spec"] ?? {}) as { readonly request?: string };
  const der = parsePem(Buffer.from(request ?? "", "base64"), ["CERTIFICATE REQUEST"]);
  assert.ok(der.ok);
  const bytes = Buffer.from(der.value);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return Buffer.from(formatPem("CERTIFICATE REQUEST", bytes)).toString("base64");
}

test("a request that its own key did not sign is refused", async (context) => {
  const stage = await certificateStage(context);
  await stage.create("Issuer", "self", { selfSigned: {} });
  const issuerRef = { name: "self" };
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "a root", isCA: true, privateKey: quickKey, issuerRef },
  });
  await stage.settled();
  const [made] = await stage.requests();
  assert.ok(made);
  await stage.create(
    "CertificateRequest",
    "forged",
    { issuerRef, request: forged(made) },
    { annotations: made.metadata.annotations },
  );
  await stage.settled();
  const request = (await stage.requests()).find(({ metadata }) => metadata.name === "forged");
  const ready = findCondition(request?.status, "Ready");
  assert.deepEqual(
    [ready?.status, ready?.reason, ready?.message],
    ["False", "Failed", "a signing request that its own key did not sign"],
  );
});
