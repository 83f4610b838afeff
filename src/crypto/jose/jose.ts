/** JSON Web Signatures (RFC 7515) and the public keys that they name (RFC 7517), as far as ACME uses them. */

import { createHash, createHmac, createPublicKey, sign } from "node:crypto";
import type { JsonObject } from "#base/json.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import type { SigningKey } from "../keys/signing-key.ts";

/** One signature over one payload: the flattened JSON serialization (RFC 7515 §7.2.2). */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The algorithm that a key signs by: ES256 on P-256, RS256 for RSA. */
export function jwsAlgorithm(key: SigningKey): Result<"ES256" | "RS256", string> {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === "ec" && details?.namedCurve === "prime256v1") return ok("ES256");
  if (key.asymmetricKeyType === "rsa" && (details?.modulusLength ?? 0) >= 2048) return ok("RS256");
  return err("the key is neither RSA of 2048 bits or more nor ECDSA on P-256");
}

/** The public half, its members in the order that a thumbprint is taken of (RFC 7638 §3.2). */
export function publicJwk(key: SigningKey): JsonObject {
  const half = key.type === "private" ? createPublicKey(key) : key;
  const { crv, e, kty, n, x, y } = half.export({ format: "jwk" });
  const members = Object.entries({ crv, e, kty, n, x, y });
  return Object.fromEntries(members.flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

/** The thumbprint of the public half (RFC 7638). */
export function jwkThumbprint(key: SigningKey): string {
  return createHash("sha256")
    .update(JSON.stringify(publicJwk(key)))
    .digest("base64url");
}

/** Signs a payload; the algorithm is added to the header. Throws for a key of another kind. */
export function signJws(header: JsonObject, payload: string, key: SigningKey): Jws {
  const algorithm = jwsAlgorithm(key);
  if (!algorithm.ok) throw new Error(algorithm.error);
  const parts = encode({ alg: algorithm.value, ...header }, payload);
  // JOSE has the two numbers of an ECDSA signature side by side, not in DER (RFC 7518 §3.4).
  const signature = sign("sha256", signedBytes(parts), { key, dsaEncoding: "ieee-p1363" });
  return { ...parts, signature: signature.toString("base64url") };
}

/** Signs a payload with a secret that both sides know, by HS256. */
export function authenticateJws(header: JsonObject, payload: string, secret: SecretBytes): Jws {
  const parts = encode({ alg: "HS256", ...header }, payload);
  const signature = createHmac("sha256", secret.reveal()).update(signedBytes(parts)).digest();
  return { ...parts, signature: signature.toString("base64url") };
}

function encode(header: JsonObject, payload: string): Omit<Jws, "signature"> {
  return {
    protected: Buffer.from(JSON.stringify(header)).toString("base64url"),
    payload: Buffer.from(payload).toString("base64url"),
  };
}

function signedBytes(parts: Omit<Jws, "signature">): Uint8Array {
  return Buffer.from(`${parts.protected}.${parts.payload}`);
}
