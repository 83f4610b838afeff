import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { noOpenssl, openssl } from "#test/fakes/certificates/openssl.ts";
import { seeded } from "#test/properties/seeded.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import {
  formatPrivateKey,
  generateSigningKey,
  keyIdentifier,
  parseSigningKey,
  publicKeyInfo,
} from "../keys/signing-key.ts";
import type { AlternativeName } from "./alternative-name.ts";
import {
  type CertificateIssuer,
  type CertificateTemplate,
  issueCertificate,
  issueSelfSigned,
} from "./certificate.ts";
import { parseCertificateFields } from "./certificate-fields.ts";

const day = Temporal.Duration.from({ hours: 24 });
const start = Temporal.Now.instant().subtract({ minutes: 5 });

function root(more: Partial<CertificateTemplate> = {}): CertificateIssuer {
  const key = generateSigningKey();
  const certificate = issueSelfSigned({
    subject: { organization: "Sekisho", commonName: "a root", serialNumber: "1f" },
    key,
    notBefore: start,
    notAfter: start.add(day),
    extensions: { authority: { maxPathLength: 0 }, keyUsage: ["keyCertSign", "cRLSign"] },
    ...more,
  });
  return { certificate, key };
}

const names = [
  { kind: "dns", name: "xds.example.com" },
  { kind: "uri", uri: "spiffe://example.com/ns/a" },
  { kind: "ip", address: "10.0.0.1" },
  { kind: "ip", address: "2001:db8::1" },
] as const;

function leafOf(
  issuer: CertificateIssuer,
  more: Partial<CertificateTemplate> = {},
): X509Certificate {
  const template: CertificateTemplate = {
    subject: {},
    key: generateSigningKey(),
    notBefore: start,
    notAfter: start.add(day),
    extensions: {
      keyUsage: ["digitalSignature"],
      extendedKeyUsage: ["clientAuth"],
      alternativeNames: names,
    },
    ...more,
  };
  return new X509Certificate(issueCertificate(template, issuer));
}

test("Node reads what was asked for, and finds the signature right", () => {
  const issuer = root();
  const authority = new X509Certificate(issuer.certificate);
  const key = generateSigningKey();
  const leaf = leafOf(issuer, { key, subject: { commonName: "a proxy" } });
  assert.equal(authority.subject, "O=Sekisho\nCN=a root\nserialNumber=1f");
  assert.equal(authority.ca, true);
  assert.equal(leaf.ca, false);
  assert.equal(leaf.subject, "CN=a proxy");
  assert.equal(leaf.issuer, authority.subject);
  assert.ok(leaf.checkPrivateKey(key), "the key is the one given");
  assert.ok(leaf.checkIssued(authority) && leaf.verify(authority.publicKey), "the issuer signed");
  assert.equal(leaf.verify(generateSigningKeyPublic()), false, "and nobody else");
  assert.equal(
    leaf.subjectAltName,
    "DNS:xds.example.com, URI:spiffe://example.com/ns/a, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1",
  );
  const seconds = (moment: Temporal.Instant): number => Math.floor(moment.epochMilliseconds / 1000);
  assert.equal(leaf.validFromDate.getTime() / 1000, seconds(start));
  assert.equal(leaf.validToDate.getTime() / 1000, seconds(start.add(day)));
});

function generateSigningKeyPublic(): X509Certificate["publicKey"] {
  return new X509Certificate(root().certificate).publicKey;
}

test("fields are read back as they were written", () => {
  const issuer = root();
  const leaf = parseCertificateFields(leafOf(issuer).raw);
  const authority = parseCertificateFields(issuer.certificate);
  assert.ok(leaf.ok && authority.ok, "both are certificates");
  assert.deepEqual(leaf.value.alternativeNames, names);
  assert.deepEqual(authority.value.alternativeNames, []);
  assert.deepEqual(
    Buffer.from(authority.value.subjectKeyId ?? []),
    Buffer.from(keyIdentifier(publicKeyInfo(issuer.key))),
  );
  const stranger = new X509Certificate(selfSigned(["a.example.com"]).certificate);
  const foreign = parseCertificateFields(stranger.raw);
  assert.ok(foreign.ok, "and so are certificates of others");
  assert.deepEqual(foreign.value.alternativeNames, [{ kind: "dns", name: "a.example.com" }]);
});

test("reading a damaged certificate never throws", (context) => {
  const whole = leafOf(root()).raw;
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const damaged = Uint8Array.from(whole);
      damaged[at] = byte;
      parseCertificateFields(damaged);
      parseCertificateFields(whole.subarray(0, at));
    }),
    seeded(context),
  );
});

test("serial numbers are positive, of up to 128 bits, and never the same", () => {
  const issuer = root();
  const serials = Array.from({ length: 64 }, () => leafOf(issuer).serialNumber);
  assert.equal(new Set(serials).size, 64);
  for (const serial of serials) assert.match(serial, /^[0-9A-F]{1,32}$/);
});

test("what cannot stand in a certificate is refused", () => {
  const issuer = root();
  const withNames = (alternativeNames: readonly AlternativeName[]): X509Certificate =>
    leafOf(issuer, { extensions: { keyUsage: [], alternativeNames } });
  assert.throws(() => withNames([]), /names its subject/);
  assert.throws(() => withNames([{ kind: "dns", name: "ä.example.com" }]), /cannot be a name/);
  assert.throws(() => withNames([{ kind: "dns", name: "a b" }]), /cannot be a name/);
  for (const address of ["256.0.0.1", "1.2.3", "01.2.3.4", "::g", "1:2:3", "::1%eth0"])
    assert.throws(() => withNames([{ kind: "ip", address }]), /no IP address/, address);
  assert.throws(() => leafOf(issuer, { subject: { commonName: "x".repeat(65) } }), /1 to 64/);
});

test("keys survive PEM, and do not show", () => {
  const key = generateSigningKey();
  const pem = formatPrivateKey(key);
  const parsed = parseSigningKey(pem.reveal());
  assert.ok(parsed.ok && parsed.value.equals(key), "it is the same key");
  assert.equal(`${pem}`, "[redacted]");
  assert.deepEqual(parseSigningKey(Buffer.from("no key")), {
    ok: false,
    error: "no PEM private key that can be read",
  });
});

function files(context: TestContext, texts: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-certificate-"));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(directory, name), text);
  return directory;
}

test("OpenSSL reads every field and verifies the chain by its strictest rules", {
  skip: noOpenssl,
}, (context) => {
  const issuer = root();
  const leaf = leafOf(issuer);
  const texts = {
    root: new X509Certificate(issuer.certificate).toString(),
    stranger: new X509Certificate(root().certificate).toString(),
    leaf: leaf.toString(),
  };
  const directory = files(context, texts);
  const verify = (authority: string, purpose: string): string =>
    openssl(
      ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", authority, "leaf"].map(
        (argument) => (argument in texts ? join(directory, argument) : argument),
      ),
    );
  assert.match(verify("root", "sslclient"), /: OK$/m);
  assert.match(verify("root", "sslserver"), /unsuitable certificate purpose/);
  assert.match(verify("stranger", "sslclient"), /verification failed/);
  const shown = openssl(["x509", "-noout", "-text"], texts.leaf).replaceAll(/\s+/g, " ");
  for (const part of [
    "Version: 3 (0x2)",
    "Signature Algorithm: ecdsa-with-SHA256",
    "NIST CURVE: P-256",
    "X509v3 Basic Constraints: critical CA:FALSE",
    "X509v3 Key Usage: critical Digital Signature",
    "X509v3 Extended Key Usage: TLS Web Client Authentication",
    "X509v3 Subject Alternative Name: critical DNS:xds.example.com, URI:spiffe://example.com/ns/a, IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1",
  ])
    assert.ok(shown.includes(part), `${part} in ${shown}`);
  const authority = openssl(["x509", "-noout", "-text"], texts.root).replaceAll(/\s+/g, " ");
  for (const part of ["critical CA:TRUE, pathlen:0", "critical Certificate Sign, CRL Sign"])
    assert.ok(authority.includes(part), `${part} in ${authority}`);
  const keyId = /Subject Key Identifier: (\S+)/.exec(authority)?.[1];
  assert.ok(keyId !== undefined && shown.includes(`Authority Key Identifier: ${keyId}`), shown);
});

test("OpenSSL reads validity beyond 2049 as it was meant", { skip: noOpenssl }, () => {
  const issuer = root({
    notBefore: Temporal.Instant.from("2049-12-31T23:59:59Z"),
    notAfter: Temporal.Instant.from("2050-01-01T00:00:00Z"),
  });
  const text = new X509Certificate(issuer.certificate).toString();
  assert.equal(
    openssl(["x509", "-noout", "-dates"], text),
    "notBefore=Dec 31 23:59:59 2049 GMT\nnotAfter=Jan  1 00:00:00 2050 GMT\n",
  );
  const types = openssl(["asn1parse"], text);
  assert.match(types, /UTCTIME +:491231235959Z/);
  assert.match(types, /GENERALIZEDTIME +:20500101000000Z/);
});
