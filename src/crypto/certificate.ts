/** X.509 version 3 certificates signed with ECDSA on P-256 (RFC 5280 §4.1). */

import { randomBytes, sign } from "node:crypto";
import { parseCertificateFields } from "./certificate-fields.ts";
import {
  bitString,
  explicit,
  objectIdentifier,
  sequence,
  smallInteger,
  unsignedInteger,
} from "./der.ts";
import { derTime } from "./der-time.ts";
import { type DistinguishedName, derName } from "./distinguished-name.ts";
import { type CertificateExtensions, derExtensions } from "./extensions.ts";
import { keyIdentifier, publicKeyInfo, type SigningKey } from "./signing-key.ts";

export interface CertificateTemplate {
  readonly subject: DistinguishedName;
  /** The subject's key, of which the public half is certified. */
  readonly key: SigningKey;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  readonly extensions: CertificateExtensions;
}

export interface CertificateIssuer {
  /** DER; its subject and key identifier are named in what it signs. */
  readonly certificate: Uint8Array;
  /** On P-256. */
  readonly key: SigningKey;
}

/** ecdsa-with-SHA256, without parameters (RFC 5758 §3.2). */
const ecdsaWithSha256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));

/** Issues a certificate, in DER, under an authority's. Throws when the issuer's certificate cannot be read. */
export function issueCertificate(
  template: CertificateTemplate,
  issuer: CertificateIssuer,
): Uint8Array {
  const fields = parseCertificateFields(issuer.certificate);
  if (!fields.ok) throw new Error(`the issuer is ${fields.error}`);
  const { subject, subjectKeyId } = fields.value;
  return signed(template, { name: subject, keyId: subjectKeyId, key: issuer.key });
}

/** Issues a certificate, in DER, that its own key signs: a root. */
export function issueSelfSigned(template: CertificateTemplate): Uint8Array {
  const keyId = keyIdentifier(publicKeyInfo(template.key));
  return signed(template, { name: derName(template.subject), keyId, key: template.key });
}

interface Signer {
  readonly name: Uint8Array;
  readonly keyId: Uint8Array | undefined;
  readonly key: SigningKey;
}

function signed(template: CertificateTemplate, signer: Signer): Uint8Array {
  const subject = derName(template.subject);
  const info = publicKeyInfo(template.key);
  const extensions = derExtensions(template.extensions, {
    subjectKeyId: keyIdentifier(info),
    authorityKeyId: signer.keyId,
    isSubjectEmpty: Object.keys(template.subject).length === 0,
  });
  const toBeSigned = sequence(
    explicit(0, smallInteger(2)),
    unsignedInteger(randomSerial()),
    ecdsaWithSha256,
    signer.name,
    sequence(derTime(template.notBefore), derTime(template.notAfter)),
    subject,
    info,
    explicit(3, extensions),
  );
  const signature = sign("sha256", toBeSigned, signer.key);
  return sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
}

/** 128 random bits, positive and never zero (RFC 5280 §4.1.2.2, CA/Browser Forum BR §7.1). */
function randomSerial(): Uint8Array {
  for (;;) {
    const serial = randomBytes(16);
    if (serial.some((byte) => byte !== 0)) return serial;
  }
}
