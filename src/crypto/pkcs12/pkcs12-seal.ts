/** Whether a keystore by PKCS #12, whoever wrote it, is sealed under a password as a profile has it: read from its MacData (RFC 7292 §4). */

import { createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { type DerElement, readElements } from "../der/der-reader.ts";
import type { KeystoreSettings } from "./pkcs12.ts";
import { type KeystoreProfile, legacyDigest } from "./pkcs12-profiles.ts";

/** Deriving a key takes time, and whoever may write a Secret chooses how much. */
const mostRounds = 100_000;

const hashes: Readonly<Record<KeystoreProfile, "sha1" | "sha256" | "PBMAC1">> = {
  LegacyRC2: "sha1",
  LegacyDES: "sha1",
  Modern2023: "sha256",
  Modern2026: "PBMAC1",
};

/** Of the algorithms: the content of their object identifiers. */
const identifiers = {
  sha1: "2b0e03021a",
  sha256: "608648016503040201",
  PBMAC1: "2a864886f70d01050e",
} as const;

/** False also for what is no keystore. */
export function isSealedBy(keystore: Uint8Array, { profile, password }: KeystoreSettings): boolean {
  const [whole] = within(keystore);
  const [, safe, seal] = inside(whole);
  const [digestInfo, saltPart, roundsPart] = inside(seal);
  const [algorithm, digest] = inside(digestInfo);
  const [, explicit] = inside(safe);
  const [content] = inside(explicit);
  const [identifier, parameters] = inside(algorithm);
  if (content === undefined || digest === undefined || identifier === undefined) return false;
  const hash = hashes[profile];
  if (Buffer.from(identifier.content).toString("hex") !== identifiers[hash]) return false;
  const source =
    hash === "PBMAC1"
      ? modernSource(parameters)
      : { salt: saltPart?.content ?? new Uint8Array(), rounds: numberOf(roundsPart) ?? 1 };
  if (source === undefined || source.rounds > mostRounds) return false;
  const found =
    hash === "PBMAC1"
      ? modernDigest(content.content, password, source)
      : legacyDigest(hash, content.content, { password, ...source });
  return found.length === digest.content.length && timingSafeEqual(found, digest.content);
}

interface Source {
  readonly salt: Uint8Array;
  readonly rounds: number;
}

/** PBMAC1-params: how the key is derived, and by what is sealed (RFC 9579 §4). */
function modernSource(parameters: DerElement | undefined): Source | undefined {
  const [derivation] = inside(parameters);
  const [, settings] = inside(derivation);
  const [salt, rounds] = inside(settings);
  const number = numberOf(rounds);
  return salt === undefined || number === undefined
    ? undefined
    : { salt: salt.content, rounds: number };
}

function modernDigest(content: Uint8Array, password: string, { salt, rounds }: Source): Uint8Array {
  const key = pbkdf2Sync(password, salt, rounds, 32, "sha256");
  return createHmac("sha256", key).update(content).digest();
}

function inside(element: DerElement | undefined): readonly DerElement[] {
  return element === undefined ? [] : within(element.content);
}

function within(bytes: Uint8Array): readonly DerElement[] {
  const elements = readElements(bytes);
  return elements.ok ? elements.value : [];
}

/** A positive INTEGER of few bytes; absent where there is none. */
function numberOf(element: DerElement | undefined): number | undefined {
  if (element === undefined || element.content.length > 4) return undefined;
  return element.content.reduce((sum, byte) => sum * 0x100 + byte, 0);
}
