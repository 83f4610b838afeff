/** Texts and names that are made to cost much: each is refused, and says why, for work that grows with its size and no faster. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bitString,
  element,
  objectIdentifier,
  octetString,
  sequence,
  smallInteger,
  unsignedInteger,
} from "#crypto/der/der.ts";
import { readElement } from "#crypto/der/der-reader.ts";
import { checkKeyPair } from "#crypto/keys/key-pair.ts";
import { parsePrivateKey } from "#crypto/keys/private-key.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem, parsePem } from "#crypto/pem.ts";
import { isSealedBy } from "#crypto/pkcs12/pkcs12-seal.ts";
import { checkAuthorities } from "#crypto/x509/authorities.ts";
import { parseCertificateChain } from "#crypto/x509/certificate-chain.ts";
import { describeCertificates } from "#crypto/x509/certificate-description.ts";
import { alternativeNamesExtension } from "#crypto/x509/extension-list.ts";
import { parseCertificates } from "#crypto/x509/parsed-certificate.ts";
import { buildSigningRequest, parseSigningRequest } from "#crypto/x509/signing-request.ts";
import { derSubject } from "#crypto/x509/subject-name.ts";
import { certificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";

const MiB = 1024 * 1024;
const pair = selfSigned(["a.example.com"]);
const key = Buffer.from(pair.key);

/** As often as it goes into so many bytes. */
function filled(text: string, bytes: number): Buffer {
  return Buffer.from(text.repeat(Math.floor(bytes / text.length)));
}

const begin = (label: string): string => `-----BEGIN ${label}-----`;

type Judged = { readonly ok: true } | { readonly ok: false; readonly error: string };

const refusedTexts: Readonly<Record<string, () => Judged>> = {
  "a chain of blocks that do not end": () =>
    checkKeyPair(filled(begin("CERTIFICATE"), 256 * 1024), key),
  "a key of blocks that do not end": () =>
    checkKeyPair(Buffer.from(pair.certificate), filled(begin("PRIVATE KEY"), 256 * 1024)),
  "authorities of blocks that do not end": () =>
    checkAuthorities(filled(begin("CERTIFICATE"), MiB), undefined),
  "revocation lists that do not end": () =>
    checkAuthorities(Buffer.from(pair.certificate), filled(begin("X509 CRL"), MiB)),
  "what people look at, in blocks that do not end": () =>
    describeCertificates(filled(begin("CERTIFICATE"), MiB / 2)),
  "an issued chain of blocks that do not end": () =>
    parseCertificateChain(filled(begin("CERTIFICATE"), 95_000).toString()),
  "a label that does not end": () =>
    parsePem(Buffer.concat([Buffer.from("-----BEGIN "), filled("A", 90_000)]), ["A"]),
  hyphens: () => checkAuthorities(filled("-", MiB), filled("-", MiB)),
  "more certificates than anybody has": () =>
    parseCertificates(filled(formatPem("CERTIFICATE", Uint8Array.of(0)), 95_000)),
  "a chain longer than anybody has": () =>
    parseCertificateChain(filled(formatPem("CERTIFICATE", Uint8Array.of(0)), 95_000).toString()),
  "a chain in which a certificate signs itself for ever": () =>
    parseCertificateChain(filled(pair.certificate, 200_000).toString()),
  "a request with more names than fit": () => parseSigningRequest(requestFor(20_000)),
  "a request with a key of half a million bits": () => parseSigningRequest(requestOfHugeKey()),
  "a key under a password that takes years to try": () => parsePrivateKey(sealedForYears()),
};

for (const [what, judge] of Object.entries(refusedTexts)) {
  test(`refused: ${what}`, () => {
    const judged = judge();
    assert.equal(judged.ok, false);
    // A sentence, and not the text again.
    if (!judged.ok) assert.match(judged.error, /^.{8,200}$/s);
  });
}

test("a thousand names are read, as many as fit are, and each once", () => {
  const read = parseSigningRequest(requestFor(3000));
  assert.ok(read.ok);
  assert.equal(read.value.alternativeNames.length, 3000);
});

function requestFor(names: number): Buffer {
  const all = Array.from({ length: names }, (_, index) => ({
    ...{ kind: "dns", name: `n${index}.example.com` },
  })) as readonly { readonly kind: "dns"; readonly name: string }[];
  const extensions = [alternativeNamesExtension(all, "empty")];
  return Buffer.from(
    buildSigningRequest({ subject: derSubject([]), extensions }, generateSigningKey()),
  );
}

/** Signed by nobody: to find that out must not take the time that such a key takes. */
function requestOfHugeKey(): Buffer {
  const modulus = Buffer.alloc(62_500, 0xff);
  const exponent = Buffer.alloc(2000, 0xff);
  const rsa = sequence(objectIdentifier("1.2.840.113549.1.1.1"), element(0x05));
  const numbers = sequence(unsignedInteger(modulus), unsignedInteger(exponent));
  const information = sequence(
    ...[smallInteger(0), derSubject([]), sequence(rsa, bitString(numbers)), element(0xa0)],
  );
  const algorithm = sequence(objectIdentifier("1.2.840.113549.1.1.11"), element(0x05));
  const signature = bitString(Buffer.alloc(62_500, 1));
  const der = sequence(information, algorithm, signature);
  return Buffer.from(formatPem("CERTIFICATE REQUEST", der));
}

/** PKCS #8, encrypted by a key that two thousand million rounds of PBKDF2 give. */
function sealedForYears(): Buffer {
  const derivation = sequence(
    objectIdentifier("1.2.840.113549.1.5.12"),
    sequence(octetString(Buffer.alloc(16)), unsignedInteger(Buffer.from("7fffffff", "hex"))),
  );
  const cipher = sequence(
    objectIdentifier("2.16.840.1.101.3.4.1.42"),
    octetString(Buffer.alloc(16)),
  );
  const scheme = sequence(objectIdentifier("1.2.840.113549.1.5.13"), sequence(derivation, cipher));
  const der = sequence(scheme, octetString(Buffer.alloc(160)));
  return Buffer.from(formatPem("ENCRYPTED PRIVATE KEY", der));
}

test("a keystore whose seal takes years to try is not tried", () => {
  const rounds = unsignedInteger(Buffer.from("7fffffff", "hex"));
  const digest = sequence(
    sequence(objectIdentifier("2.16.840.1.101.3.4.2.1"), element(0x05)),
    octetString(Buffer.alloc(32)),
  );
  const safe = sequence(
    objectIdentifier("1.2.840.113549.1.7.1"),
    element(0xa0, octetString(Buffer.alloc(8))),
  );
  const keystore = sequence(
    ...[smallInteger(3), safe, sequence(digest, octetString(Buffer.alloc(8)), rounds)],
  );
  assert.ok(readElement(keystore).ok);
  assert.ok(!isSealedBy(keystore, { profile: "Modern2023", password: "changeit" }));
});

const many = Array.from({ length: 20_000 }, (_, index) => `n${index}.example.com`);

const hugeSpecs = {
  "twenty thousand names": { dnsNames: many },
  "name constraints of twenty thousand names": {
    ...{ isCA: true, commonName: "an authority", dnsNames: ["a.example.com"] },
    nameConstraints: { critical: true, permitted: { dnsDomains: many } },
  },
} as const;

for (const [what, spec] of Object.entries(hugeSpecs)) {
  test(`a Certificate with ${what} fails, says why, and holds no other up`, async (context) => {
    const stage = await certificateStage(context);
    const common = { privateKey: quickKey, issuerRef: { name: "self" } };
    await stage.create("Issuer", "self", { selfSigned: {} });
    await stage.create("Certificate", "huge", { ...common, ...spec, secretName: "huge" });
    await stage.create("Certificate", "small", {
      ...{ ...common, secretName: "small", dnsNames: ["a.example.com"] },
    });
    await stage.settled();
    assert.match(await stage.condition("small", "Ready"), /^True/);
    assert.match(await stage.condition("huge", "Issuing"), /^False Failed .*95000 bytes of PEM/);
    assert.equal(await stage.secret("huge"), undefined);
  });
}
