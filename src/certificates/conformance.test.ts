/** What cert-manager asks of every issuer in its conformance suite, as rows over ours; ACME has its own in test/pebble. */

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { type IssuerOnStage, issuersOnStage } from "#test/fakes/certificate-issuers.ts";
import { type CertificateStage, quickKey } from "#test/fakes/certificate-stage.ts";
import { noOpenssl, openssl } from "#test/fakes/openssl.ts";

/** What of the issued certificate is looked at. */
interface Expected {
  /** As Node prints them. Absent: there are none. */
  readonly names?: string;
  /** Absent: not looked at. */
  readonly subject?: string;
  readonly key?: string;
  /** As OpenSSL prints them. */
  readonly usages?: readonly RegExp[];
  readonly isAuthority?: boolean;
  readonly hours?: number;
}

type Row = readonly [spec: JsonObject, expected: Expected];

const long = `${"a".repeat(60)}.${"b".repeat(60)}.example.com`;

const rows: Readonly<Record<string, Row>> = {
  "one DNS name": [{ dnsNames: ["a.example.com"] }, { names: "DNS:a.example.com" }],
  "an authority": [
    { commonName: "an authority", isCA: true },
    { subject: "CN=an authority", isAuthority: true, usages: [/Certificate Sign/] },
  ],
  "an RSA key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "RSA", size: 2048 } },
    { names: "DNS:a.example.com", key: "rsa" },
  ],
  "an ECDSA key and a common name": [
    { commonName: "a.example.com", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "CN=a.example.com", key: "ec" },
  ],
  "an Ed25519 key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "Ed25519" } },
    { names: "DNS:a.example.com", key: "ed25519" },
  ],
  "a common name alone": [{ commonName: "someone" }, { subject: "CN=someone" }],
  "a literal subject": [
    { literalSubject: "CN=a.example.com,OU=edge,O=Example", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "O=Example\nOU=edge\nCN=a.example.com" },
  ],
  "an IP address": [{ ipAddresses: ["192.0.2.1"] }, { names: "IP Address:192.0.2.1" }],
  "a DNS name and an IP address": [
    { dnsNames: ["a.example.com"], ipAddresses: ["192.0.2.1", "2001:db8::1"] },
    { names: "DNS:a.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1" },
  ],
  "a common name and an IP address": [
    { commonName: "someone", ipAddresses: ["192.0.2.1"] },
    { names: "IP Address:192.0.2.1", subject: "CN=someone" },
  ],
  "an e-mail address": [{ emailAddresses: ["me@example.com"] }, { names: "email:me@example.com" }],
  "a common name and a URI": [
    { commonName: "someone", uris: ["spiffe://example.com/a"] },
    { names: "URI:spiffe://example.com/a", subject: "CN=someone" },
  ],
  "a URI alone": [{ uris: ["spiffe://example.com/a"] }, { names: "URI:spiffe://example.com/a" }],
  "two DNS names, one of them the common name": [
    { commonName: "a.example.com", dnsNames: ["a.example.com", "b.example.com"] },
    { names: "DNS:a.example.com, DNS:b.example.com", subject: "CN=a.example.com" },
  ],
  "a DNS name and another common name": [
    { commonName: "c.example.com", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "CN=c.example.com" },
  ],
  "a duration": [
    { dnsNames: ["a.example.com"], duration: "72h" },
    { names: "DNS:a.example.com", hours: 72 },
  ],
  "a wildcard": [{ dnsNames: ["*.example.com"] }, { names: "DNS:*.example.com" }],
  "a wildcard and the name above it": [
    { dnsNames: ["*.example.com", "example.com"] },
    { names: "DNS:*.example.com, DNS:example.com" },
  ],
  "a name too long for a common name": [{ dnsNames: [long] }, { names: `DNS:${long}` }],
  "usages of its own": [
    {
      dnsNames: ["a.example.com"],
      usages: ["digital signature", "data encipherment", "code signing", "client auth"],
    },
    {
      names: "DNS:a.example.com",
      usages: [
        /Digital Signature, Data Encipherment/,
        /TLS Web Client Authentication/,
        /Code Signing/,
      ],
    },
  ],
  "usages of a server and a client": [
    { dnsNames: ["a.example.com"], usages: ["server auth", "client auth"] },
    {
      names: "DNS:a.example.com",
      usages: [/TLS Web Server Authentication/, /TLS Web Client Authentication/],
    },
  ],
};

/** What an issuer cannot do, and why. */
const unsupported: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "AWS Private CA": {
    "an Ed25519 key": "AWS takes requests that are signed by RSA or ECDSA keys",
  },
};

async function leafOf(stage: CertificateStage, name: string): Promise<X509Certificate> {
  const secret = await stage.secret(name);
  const data = secret?.body["data"] as Readonly<Record<string, string>> | undefined;
  const said = `${await stage.condition(name, "Ready")}; ${await stage.condition(name, "Issuing")}`;
  assert.ok(data?.["tls.crt"], said);
  return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
}

function check(
  leaf: X509Certificate,
  { names, subject, key, usages, isAuthority, hours }: Expected,
): void {
  assert.equal(leaf.subjectAltName, names);
  if (subject !== undefined) assert.equal(leaf.subject, subject);
  if (key !== undefined) assert.equal(leaf.publicKey.asymmetricKeyType, key);
  assert.equal(leaf.ca, isAuthority === true);
  const text = openssl(["x509", "-noout", "-text"], leaf.toString());
  for (const usage of usages ?? []) assert.match(text, usage);
  if (hours === undefined) return;
  const actual = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 3_600_000;
  // Issuers begin a certificate up to an hour before, for clocks that are late.
  assert.ok(actual >= hours && actual <= hours + 1.01, `${actual} hours`);
}

/** Creates a Certificate, and waits until nothing is left to do for it. */
async function issue(
  { stage, issuerRef }: IssuerOnStage,
  name: string,
  spec: JsonObject,
): Promise<void> {
  await stage.create("Certificate", name, {
    ...{ secretName: name, issuerRef, privateKey: quickKey, ...spec },
  });
  await stage.settled();
}

for (const [issuer, open] of Object.entries(issuersOnStage)) {
  test(`an issuer of ${issuer} signs what cert-manager asks of every issuer`, {
    skip: noOpenssl,
  }, async (context) => {
    const opened = await open(context);
    const { stage } = opened;
    for (const [index, [what, [spec, expected]]] of Object.entries(rows).entries()) {
      const name = `row-${index}`;
      const reason = unsupported[issuer]?.[what];
      await context.test(reason === undefined ? what : `not ${what}: ${reason}`, async () => {
        await issue(opened, name, spec);
        if (reason !== undefined) {
          assert.match(await stage.condition(name, "Issuing"), /^False Failed /);
          return;
        }
        check(await leafOf(stage, name), expected);
        assert.match(await stage.condition(name, "Ready"), /^True Ready /);
      });
    }

    await context.test("a name that is added to a Certificate", async () => {
      await issue(opened, "grown", { dnsNames: ["a.example.com"] });
      const before = await leafOf(stage, "grown");
      await stage.changeSpec("grown", { dnsNames: ["a.example.com", "b.example.com"] });
      await stage.settled();
      const after = await leafOf(stage, "grown");
      assert.equal(after.subjectAltName, "DNS:a.example.com, DNS:b.example.com");
      assert.notEqual(after.serialNumber, before.serialNumber);
    });

    await context.test("the same key again where it is to stay", async () => {
      const privateKey = { ...quickKey, rotationPolicy: "Never" };
      await issue(opened, "kept", { dnsNames: ["a.example.com"], privateKey });
      const before = await leafOf(stage, "kept");
      await stage.changeSpec("kept", { dnsNames: ["b.example.com"] });
      await stage.settled();
      const after = await leafOf(stage, "kept");
      assert.equal(after.subjectAltName, "DNS:b.example.com");
      assert.ok(after.publicKey.equals(before.publicKey));
    });
  });
}
