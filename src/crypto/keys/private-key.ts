/** Private keys of certificates: which there are, and how they are written (RFC 8017 §A.1, RFC 5915, RFC 5958). */

import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";

export interface KeyChoice {
  readonly algorithm: "RSA" | "ECDSA" | "Ed25519";
  /** Bits; of Ed25519 there is one size only, and this is 0. */
  readonly size: number;
}

export type KeyEncoding = "PKCS1" | "PKCS8";

/** Larger texts are refused unread (cert-manager has the same limit). */
const maxKeyBytes = 13_000;

const curves: Readonly<Record<number, string>> = {
  256: "prime256v1",
  384: "secp384r1",
  521: "secp521r1",
};

/** Makes a key, in DER by PKCS #8. Of RSA it takes a tenth of a second and more: see `key-maker.ts`. Throws on sizes that there are not. */
export function generatePrivateKey({ algorithm, size }: KeyChoice): Uint8Array {
  const publicKeyEncoding = { type: "spki", format: "der" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "der" } as const;
  const encodings = { publicKeyEncoding, privateKeyEncoding };
  switch (algorithm) {
    case "RSA":
      return generateKeyPairSync("rsa", { modulusLength: size, ...encodings }).privateKey;
    case "ECDSA":
      return generateKeyPairSync("ec", { namedCurve: curves[size] ?? "", ...encodings }).privateKey;
    case "Ed25519":
      return generateKeyPairSync("ed25519", encodings).privateKey;
  }
}

/** Reads DER by PKCS #8. */
export function importPrivateKey(der: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
}

/** Reads PEM in any of the encodings; the error says nothing of the text. */
export function parsePrivateKey(pem: Uint8Array): Result<KeyObject, string> {
  if (pem.length > maxKeyBytes) return err(`the private key has more than ${maxKeyBytes} bytes`);
  try {
    return ok(createPrivateKey(Buffer.from(pem)));
  } catch {
    // The reason is not passed on, since it could quote the key.
    return err("no PEM private key that can be read");
  }
}

/** What key it is; undefined for those that certificates here do not have. */
export function describeKey(key: KeyObject): KeyChoice | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return { algorithm: "RSA", size: key.asymmetricKeyDetails?.modulusLength ?? 0 };
    case "ed25519":
      return { algorithm: "Ed25519", size: 0 };
    case "ec": {
      const { namedCurve = "" } = key.asymmetricKeyDetails ?? {};
      const [size] = Object.entries(curves).find(([, name]) => name === namedCurve) ?? [];
      return size === undefined ? undefined : { algorithm: "ECDSA", size: Number(size) };
    }
    default:
      return undefined;
  }
}

const pemLabels = {
  pkcs8: "PRIVATE KEY",
  sec1: "EC PRIVATE KEY",
  pkcs1: "RSA PRIVATE KEY",
} as const;

function pemType(key: KeyObject, encoding: KeyEncoding): keyof typeof pemLabels {
  if (encoding === "PKCS8" || key.asymmetricKeyType === "ed25519") return "pkcs8";
  return key.asymmetricKeyType === "ec" ? "sec1" : "pkcs1";
}

/** PEM. PKCS1 means SEC 1 for ECDSA; Ed25519 has PKCS #8 alone. */
export function formatKey(key: KeyObject, encoding: KeyEncoding): SecretBytes {
  return new SecretBytes(Buffer.from(key.export({ type: pemType(key, encoding), format: "pem" })));
}

/** The label of what {@link formatKey} gives. */
export function keyLabel(key: KeyObject, encoding: KeyEncoding): string {
  return pemLabels[pemType(key, encoding)];
}

/** DER by PKCS #8. */
export function formatKeyDer(key: KeyObject): SecretBytes {
  return new SecretBytes(key.export({ type: "pkcs8", format: "der" }));
}
