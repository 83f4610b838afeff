/** A certificate authority that signs requests by templates, as AWS Private CA does ("Template definitions"). */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
  unsignedInteger,
  utf8String,
} from "#crypto/der/der.ts";
import { derTime } from "#crypto/der/der-time.ts";
import { childrenOf, hex, type SigningRequest, wholeOf } from "./signing-request.ts";

const ids = {
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  constraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  purposes: "2.5.29.37",
} as const;

const purposeIds = {
  client: "1.3.6.1.5.5.7.3.2",
  code: "1.3.6.1.5.5.7.3.3",
  ocsp: "1.3.6.1.5.5.7.3.9",
  server: "1.3.6.1.5.5.7.3.1",
} as const;

/** What a template puts into a certificate. */
export interface Template {
  readonly maxPathLength?: number;
  readonly keyUsage?: readonly number[];
  readonly purposes?: readonly (keyof typeof purposeIds)[];
  /** Which extensions of the request it takes over. */
  readonly takes: readonly (keyof typeof ids)[];
}

const signature = 0;
const encipherment = 2;
const certSign = 5;
const crlSign = 6;
const names = ["alternativeNames"] as const;

function subordinate(maxPathLength: number): Template {
  return { maxPathLength, keyUsage: [signature, certSign, crlSign], takes: [] };
}

export const templates: Readonly<Record<string, Template>> = {
  "BlankEndEntityCertificate_APICSRPassthrough/V1": {
    takes: ["alternativeNames", "keyUsage", "purposes"],
  },
  "CodeSigningCertificate/V1": { keyUsage: [signature], purposes: ["code"], takes: names },
  "EndEntityCertificate/V1": {
    ...{ keyUsage: [signature, encipherment], purposes: ["server", "client"], takes: names },
  },
  "EndEntityClientAuthCertificate/V1": {
    ...{ keyUsage: [signature, encipherment], purposes: ["client"], takes: names },
  },
  "EndEntityServerAuthCertificate/V1": {
    ...{ keyUsage: [signature, encipherment], purposes: ["server"], takes: names },
  },
  "OCSPSigningCertificate/V1": { keyUsage: [signature], purposes: ["ocsp"], takes: names },
  "SubordinateCACertificate_PathLen0/V1": subordinate(0),
  "SubordinateCACertificate_PathLen1/V1": subordinate(1),
};

export interface Signer {
  readonly privateKey: KeyObject;
  readonly name: Uint8Array;
  /** PEM. */
  readonly certificate: string;
  readonly keyAlgorithm: "EC_prime256v1" | "RSA_2048";
}

export interface CertificateOrder {
  readonly request: SigningRequest;
  readonly template: Template;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
}

/** An authority: a root, or signed by `parent`. */
export function createSigner(wanted: {
  readonly commonName: string;
  readonly keyAlgorithm: Signer["keyAlgorithm"];
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  readonly parent?: Signer;
}): Signer {
  const { keyAlgorithm, parent } = wanted;
  const { privateKey, publicKey } =
    keyAlgorithm === "RSA_2048"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(
    setOf(sequence(objectIdentifier("2.5.4.3"), utf8String(wanted.commonName))),
  );
  const key = publicKey.export({ type: "spki", format: "der" });
  const template: Template = { maxPathLength: 5, keyUsage: [certSign, crlSign], takes: [] };
  const request: SigningRequest = { subject: name, key, extensions: new Map() };
  const own: Signer = { privateKey, name, certificate: "", keyAlgorithm };
  const { notBefore, notAfter } = wanted;
  const issuer = parent ?? { ...own, certificate: "" };
  const issuerKey = parent === undefined ? key : keyOf(parent);
  return {
    ...own,
    certificate: issue(issuer, issuerKey, { request, template, notBefore, notAfter }),
  };
}

/** PEM of a certificate. */
export function signCertificate(signer: Signer, order: CertificateOrder): string {
  return issue(signer, keyOf(signer), order);
}

function keyOf({ certificate }: Signer): Uint8Array {
  const der = Buffer.from(certificate.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const [body] = childrenOf(wholeOf(der));
  const key = body === undefined ? undefined : childrenOf(body)[6];
  if (key === undefined) throw new Error("a certificate of ours without a key");
  return key.whole;
}

function issue(signer: Signer, signerKey: Uint8Array, order: CertificateOrder): string {
  const { request, template, notBefore, notAfter } = order;
  const isRsa = signer.keyAlgorithm === "RSA_2048";
  const algorithm = isRsa
    ? sequence(objectIdentifier("1.2.840.113549.1.1.11"), Uint8Array.of(5, 0))
    : sequence(objectIdentifier("1.2.840.10045.4.3.2"));
  const body = sequence(
    explicit(0, smallInteger(2)),
    unsignedInteger(randomBytes(16)),
    algorithm,
    signer.name,
    sequence(derTime(notBefore), derTime(notAfter)),
    request.subject,
    request.key,
    explicit(3, sequence(...extensionsOf(request, template, signerKey))),
  );
  const der = sequence(body, algorithm, bitString(sign("sha256", body, signer.privateKey)));
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----`;
}

function extensionsOf(
  request: SigningRequest,
  template: Template,
  signerKey: Uint8Array,
): readonly Uint8Array[] {
  const { maxPathLength, keyUsage, purposes, takes } = template;
  const constraints =
    maxPathLength === undefined ? sequence() : sequence(booleanTrue(), smallInteger(maxPathLength));
  return [
    extension("constraints", constraints, true),
    ...(keyUsage === undefined ? [] : [extension("keyUsage", namedBits(keyUsage), true)]),
    ...(purposes === undefined
      ? []
      : [
          extension(
            "purposes",
            sequence(...purposes.map((purpose) => objectIdentifier(purposeIds[purpose]))),
          ),
        ]),
    ...takes.flatMap((name) => request.extensions.get(hex(objectIdentifier(ids[name]))) ?? []),
    extension("subjectKey", octetString(keyId(request.key))),
    extension("authorityKey", sequence(implicit(0, keyId(signerKey)))),
  ];
}

function extension(name: keyof typeof ids, value: Uint8Array, isCritical = false): Uint8Array {
  const critical = isCritical ? [booleanTrue()] : [];
  return sequence(objectIdentifier(ids[name]), ...critical, octetString(value));
}

function keyId(key: Uint8Array): Uint8Array {
  return createHash("sha1").update(key).digest();
}
