/** The parts of an X.509 certificate, version 3, put together and signed (RFC 5280 §4.1). */

import { type KeyObject, randomBytes } from "node:crypto";
import { bitString, explicit, sequence, smallInteger, unsignedInteger } from "../der/der.ts";
import { derTime } from "../der/der-time.ts";
import { signatureBy } from "../keys/signature-algorithm.ts";

export interface CertificateParts {
  /** Name, in DER. */
  readonly subject: Uint8Array;
  /** Name, in DER. */
  readonly issuer: Uint8Array;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  readonly notBefore: Temporal.Instant;
  readonly notAfter: Temporal.Instant;
  /** SEQUENCE OF Extension, in DER. */
  readonly extensions: Uint8Array;
}

/** The certificate in DER, with a random serial number. */
export function signCertificate(parts: CertificateParts, key: KeyObject): Uint8Array {
  const signature = signatureBy(key);
  const toBeSigned = sequence(
    explicit(0, smallInteger(2)),
    unsignedInteger(randomSerial()),
    signature.identifier,
    parts.issuer,
    sequence(derTime(parts.notBefore), derTime(parts.notAfter)),
    parts.subject,
    parts.publicKey,
    explicit(3, parts.extensions),
  );
  return sequence(toBeSigned, signature.identifier, bitString(signature.make(toBeSigned)));
}

/** 128 random bits, positive and never zero (RFC 5280 §4.1.2.2, CA/Browser Forum BR §7.1). */
function randomSerial(): Uint8Array {
  for (;;) {
    const serial = randomBytes(16);
    if (serial.some((byte) => byte !== 0)) return serial;
  }
}
