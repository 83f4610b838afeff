/** The text of a JSON Web Key Set (RFC 7517 §5) → keys that tokens are verified by, and which entries are not used. */

import { createPublicKey, createSecretKey, type KeyObject, type webcrypto } from "node:crypto";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { err, ok, type Result } from "#base/result.ts";
import { algorithmsFor, type SignatureAlgorithm } from "./algorithms.ts";

export interface VerifyingKey {
  /** Absent: it may be that of any token. */
  readonly id?: string;
  /** What it may verify: a key is never taken for another algorithm than its kind. */
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly key: KeyObject;
}

/** An entry that is not used. Nothing of the key is part of it: what is said here is shown to people. */
export interface UnusedKey {
  /** From 1. */
  readonly entry: number;
  readonly why: string;
}

export interface KeySet {
  readonly keys: readonly VerifyingKey[];
  readonly unused: readonly UnusedKey[];
}

/** More are not looked at: each may have to be tried for a token that names none. */
const mostKeys = 100;

/** The error says nothing of the text. */
export function parseKeySet(text: string): Result<KeySet, string> {
  const keys = entriesOf(text);
  if (keys === undefined) return err("it is no JSON Web Key Set");
  const usable: VerifyingKey[] = [];
  const unused: UnusedKey[] = [];
  for (const [index, entry] of keys.entries()) {
    const parsed = index < mostKeys ? parseKey(entry) : err(`only ${mostKeys} keys are looked at`);
    if (parsed.ok) usable.push(parsed.value);
    else unused.push({ entry: index + 1, why: parsed.error });
  }
  return ok({ keys: usable, unused });
}

function entriesOf(text: string): readonly Json[] | undefined {
  try {
    const set = JSON.parse(text) as Json;
    const keys = isJsonObject(set) ? set["keys"] : undefined;
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    // Whoever wrote it is told that it is none; why could quote a key.
    return undefined;
  }
}

function parseKey(entry: Json): Result<VerifyingKey, string> {
  if (!isJsonObject(entry)) return err("it is no key");
  const { kid, use, alg } = entry;
  if (use !== undefined && use !== "sig") return err("it is not for signatures");
  const key = readKey(entry);
  if (key === undefined) return err("it cannot be read");
  const fitting = algorithmsFor(key);
  const algorithms = alg === undefined ? fitting : fitting.filter(({ name }) => name === alg);
  if (algorithms.length === 0) return err("there is no algorithm for it");
  return ok({ ...(typeof kid === "string" ? { id: kid } : {}), algorithms, key });
}

function readKey(entry: JsonObject): KeyObject | undefined {
  const { kty, k } = entry;
  try {
    if (kty !== "oct")
      return createPublicKey({ key: entry as webcrypto.JsonWebKey, format: "jwk" });
    const bytes = typeof k === "string" ? Buffer.from(k, "base64url") : Buffer.alloc(0);
    return bytes.length === 0 ? undefined : createSecretKey(bytes);
  } catch {
    // The reason could quote the key.
    return undefined;
  }
}
