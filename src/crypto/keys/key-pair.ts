/** Whether a certificate chain and a private key can answer TLS handshakes together. */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { pemTexts } from "../pem.ts";

export interface KeyPair {
  /** PEM, leaf first: the certificates alone, without what stood between them. */
  readonly certificateChain: string;
  /** PEM, PKCS#8. */
  readonly privateKey: SecretBytes;
  readonly facts: CertificateFacts;
}

export interface CertificateFacts {
  /** The leaf's names, lower case. */
  readonly dnsNames: readonly string[];
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly keyType: "rsa" | "ec";
}

/** No chain in use is near this; a larger text is refused unread. */
const maxPemBytes = 256 * 1024;

/**
 * Checks a PEM chain (leaf first) against a PEM private key.
 *
 * Refused is what Envoy would refuse with the whole secret: no certificate, a key that does not fit the leaf, RSA below
 * 2048 bits, a key that is neither RSA nor ECDSA (Envoy, "TLS certificate selection").
 */
export function checkKeyPair(chain: Uint8Array, key: Uint8Array): Result<KeyPair, string> {
  if (chain.length > maxPemBytes || key.length > maxPemBytes)
    return err("the certificate or key is larger than 256 KiB");
  const blocks = pemTexts(Buffer.from(chain).toString("utf8"), "CERTIFICATE");
  if (blocks.length === 0) return err("tls.crt holds no PEM certificate");
  const certificates = blocks.map(parseCertificate);
  const [leaf] = certificates;
  if (leaf === undefined || certificates.includes(undefined))
    return err("tls.crt holds a certificate that cannot be read");
  const privateKey = parseKey(key);
  if (privateKey === undefined) return err("tls.key holds no PEM private key that can be read");
  const keyType = usableType(privateKey);
  if (!keyType.ok) return keyType;
  if (!leaf.checkPrivateKey(privateKey))
    return err("the private key does not belong to the first certificate of tls.crt");
  return ok({
    certificateChain: `${blocks.join("\n")}\n`,
    privateKey: new SecretBytes(Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" }))),
    facts: {
      dnsNames: dnsNamesOf(leaf),
      notBefore: leaf.validFromDate.toISOString(),
      notAfter: leaf.validToDate.toISOString(),
      keyType: keyType.value,
    },
  });
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // The text is a user's: that it cannot be read is the answer.
    return undefined;
  }
}

function parseKey(pem: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey(Buffer.from(pem));
  } catch {
    // As above; the reason is not passed on, since it could quote the key.
    return undefined;
  }
}

function usableType(key: KeyObject): Result<"rsa" | "ec", string> {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048
        ? err("the RSA key has fewer than 2048 bits, which Envoy refuses")
        : ok("rsa");
    case "ec":
      return key.asymmetricKeyDetails?.namedCurve === "secp256k1"
        ? err("the ECDSA key is on curve secp256k1, which TLS does not use")
        : ok("ec");
    default:
      return err(
        `the key is of type ${key.asymmetricKeyType ?? "unknown"}; Envoy serves RSA and ECDSA keys`,
      );
  }
}

/** Plain DNS names only: the text form quotes a name that holds anything unusual, and such a name is of no use here. */
function dnsNamesOf(leaf: X509Certificate): readonly string[] {
  const text = leaf.subjectAltName ?? "";
  return text.split(", ").flatMap((entry) => {
    const name = /^DNS:([A-Za-z0-9.*_-]+)$/.exec(entry)?.[1];
    return name === undefined ? [] : [name.toLowerCase()];
  });
}
