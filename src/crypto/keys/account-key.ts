/** Keys of accounts at certificate authorities: RSA, as others expect to find them, or ECDSA on P-256. */

import { createHash, createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { err, ok, type Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { jwsAlgorithm } from "../jose/jose.ts";
import { publicKeyInfo, type SigningKey } from "./signing-key.ts";

const makePair = promisify(generateKeyPair);

/** A fresh RSA key of 2,048 bits, made outside of the main thread. */
export async function generateAccountKey(): Promise<SigningKey> {
  return (await makePair("rsa", { modulusLength: 2048 })).privateKey;
}

/** A fresh key of the same type as another. */
export async function generateKeyLike(key: SigningKey): Promise<SigningKey> {
  if (key.asymmetricKeyType === "rsa") return await generateAccountKey();
  return (await makePair("ec", { namedCurve: "P-256" })).privateKey;
}

/** PEM, in the form that is usual for the type: PKCS#1 or SEC 1. */
export function formatAccountKey(key: SigningKey): SecretBytes {
  const type = key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1";
  return new SecretBytes(Buffer.from(key.export({ type, format: "pem" })));
}

/** A private key from PEM; the error says nothing of the text. */
export function parseAccountKey(pem: Uint8Array): Result<SigningKey, string> {
  const key = readKey(pem);
  if (key === undefined) return err("it is no PEM private key that can be read");
  const algorithm = jwsAlgorithm(key);
  return algorithm.ok ? ok(key) : algorithm;
}

/** Tells a key from another without telling the key. Of RSA keys the text is the one that cert-manager writes. */
export function accountKeyHash(key: SigningKey): string {
  const bytes =
    key.asymmetricKeyType === "rsa"
      ? key.export({ type: "pkcs1", format: "der" })
      : publicKeyInfo(key);
  return createHash("sha256").update(bytes).digest("base64");
}

function readKey(pem: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey(Buffer.from(pem));
  } catch {
    // The reason is not passed on, since it could quote the key.
    return undefined;
  }
}
