/** P-256 key pairs: made, read from PEM and written to it. */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { readElement, readElements } from "../der/der-reader.ts";

/** A private key; its text forms show nothing of it. */
export type SigningKey = KeyObject;

/** A fresh private key; its public half is derived from it. */
export function generateSigningKey(): SigningKey {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

/** PEM, PKCS#8. */
export function formatPrivateKey(key: SigningKey): SecretBytes {
  return new SecretBytes(Buffer.from(key.export({ type: "pkcs8", format: "pem" })));
}

/** A private key on P-256; the error says nothing of the text. */
export function parseSigningKey(pem: Uint8Array): Result<SigningKey, string> {
  try {
    const key = createPrivateKey(Buffer.from(pem));
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1"
      ? ok(key)
      : err("the private key is not on curve P-256");
  } catch {
    // The reason is not passed on, since it could quote the key.
    return err("no PEM private key that can be read");
  }
}

/** SubjectPublicKeyInfo of a key or of its public half. */
export function publicKeyInfo(key: KeyObject): Uint8Array {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return publicKey.export({ type: "spki", format: "der" });
}

/** The first 160 bits of the SHA-256 of the key's bits (RFC 7093 §2 method 1). */
export function keyIdentifier(info: Uint8Array): Uint8Array {
  const outer = readElement(info);
  const parts = outer.ok ? readElements(outer.value.content) : outer;
  const bits = parts.ok ? parts.value[1]?.content : undefined;
  if (bits === undefined) throw new Error("a public key that is no SubjectPublicKeyInfo");
  return createHash("sha256").update(bits.subarray(1)).digest().subarray(0, 20);
}
