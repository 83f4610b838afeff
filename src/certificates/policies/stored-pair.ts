/** The certificate and the key that a Secret holds, read and compared. */

import { parsePrivateKey } from "#crypto/keys/private-key.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import { type ParsedCertificate, parseCertificates } from "#crypto/x509/parsed-certificate.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretValueIn } from "#kinds/secret.ts";

export interface StoredPair {
  readonly key: SigningKey;
  readonly leaf: ParsedCertificate;
}

/** Why something is not as it should be: a word for conditions and Events, and a sentence. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** The values of a Secret. */
export function valueOf(secret: KubeObject, name: string): Uint8Array | undefined {
  return secretValueIn(secret, name);
}

/**
 * Reads the pair, or says what is missing or broken: the first three of cert-manager's checks. `parse` is
 * {@link parseCertificates}, or one that remembers.
 */
export function readStoredPair(
  secret: KubeObject | undefined,
  parse: typeof parseCertificates = parseCertificates,
): StoredPair | Reason {
  if (secret === undefined) {
    const message = "Issuing certificate as Secret does not exist";
    return { reason: "DoesNotExist", message };
  }
  const [key, chain] = [valueOf(secret, "tls.key"), valueOf(secret, "tls.crt")];
  if (key === undefined || key.length === 0 || chain === undefined || chain.length === 0) {
    const message = "Issuing certificate as Secret does not contain a private key or certificate";
    return { reason: "MissingData", message };
  }
  const parsedKey = parsePrivateKey(key);
  if (!parsedKey.ok) {
    const message = `Issuing certificate as Secret contains invalid private key data: ${parsedKey.error}`;
    return { reason: "InvalidKeyPair", message };
  }
  const certificates = parse(chain);
  const [leaf] = certificates.ok ? certificates.value : [];
  if (leaf === undefined) {
    const why = certificates.ok ? "none" : certificates.error;
    const message = `Issuing certificate as Secret contains an invalid certificate: ${why}`;
    return { reason: "InvalidCertificate", message };
  }
  if (!leaf.belongsTo(parsedKey.value)) {
    const message =
      "Issuing certificate as Secret contains an invalid key-pair: the private key does not match the certificate";
    return { reason: "InvalidKeyPair", message };
  }
  return { key: parsedKey.value, leaf };
}

/** Tells the two answers apart. */
export function isPair(found: StoredPair | Reason): found is StoredPair {
  return "leaf" in found;
}
