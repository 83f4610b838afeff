/** A signed JSON Web Token in its compact form (RFC 7519, RFC 7515 §7.1) → who signed it, and for how long it is good. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { VerifyingKey } from "./key-set.ts";

export interface Token {
  readonly algorithm: string;
  readonly keyId?: string;
  readonly claims: JsonObject;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** From then on, in seconds since 1970. Default: from ever. */
  readonly notBefore?: number;
  /** Until then. Default: for ever. */
  readonly expires?: number;
}

/** Longer ones are nobody's. */
const mostCharacters = 16 * 1024;

/** Undefined: it is none, or one with extensions that must be understood and are not. */
export function parseToken(text: string): Token | undefined {
  if (text.length > mostCharacters) return undefined;
  const [first = "", second = "", third = "", ...more] = text.split(".");
  const parts = [first, second, third];
  if (more.length > 0 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined;
  const header = objectIn(first);
  const claims = objectIn(second);
  if (header === undefined || claims === undefined) return undefined;
  const { alg, kid, crit, b64 } = header;
  // RFC 7515 §4.1.11: what is critical and not understood makes it invalid.
  if (typeof alg !== "string" || crit !== undefined || b64 !== undefined) return undefined;
  if (kid !== undefined && typeof kid !== "string") return undefined;
  const { nbf, exp } = claims;
  if (!isTime(nbf) || !isTime(exp)) return undefined;
  return {
    algorithm: alg,
    ...(kid === undefined ? {} : { keyId: kid }),
    claims,
    signed: Buffer.from(`${first}.${second}`),
    signature: Buffer.from(third, "base64url"),
    ...(nbf === undefined ? {} : { notBefore: nbf }),
    ...(exp === undefined ? {} : { expires: exp }),
  };
}

/** Whether it is good at a time, in seconds since 1970. */
export function isTimely({ notBefore, expires }: Token, seconds: number): boolean {
  return (notBefore ?? Number.NEGATIVE_INFINITY) <= seconds && seconds < (expires ?? Infinity);
}

/**
 * Whether one of the keys signed it: the one that it names, or one without a name. The algorithm that it names must be one
 * of that key: what is signed with a public key as if that were a secret is not signed.
 */
export function isSigned(token: Token, keys: readonly VerifyingKey[]): boolean {
  return keysFor(token, keys).some(({ key, algorithms }) =>
    algorithms.some(
      ({ name, verify }) => name === token.algorithm && verify(key, token.signed, token.signature),
    ),
  );
}

function keysFor({ keyId }: Token, keys: readonly VerifyingKey[]): readonly VerifyingKey[] {
  if (keyId === undefined) return keys;
  const named = keys.filter(({ id }) => id === keyId);
  return named.length > 0 ? named : keys.filter(({ id }) => id === undefined);
}

function objectIn(part: string): JsonObject | undefined {
  try {
    const json = JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Json;
    return isJsonObject(json) ? json : undefined;
  } catch {
    // Whoever sent it hears that it is none.
    return undefined;
  }
}

function isTime(value: Json | undefined): value is number | undefined {
  return value === undefined || (typeof value === "number" && Number.isFinite(value));
}
