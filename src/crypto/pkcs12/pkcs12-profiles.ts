/** How keystores by PKCS #12 are encrypted and sealed: the profiles that cert-manager names (RFC 7292, RFC 8018, RFC 9579). */

import { createCipheriv, createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { element, objectIdentifier, octetString, sequence, smallInteger } from "../der/der.ts";
import { encryptRc2Cbc } from "./rc2.ts";

export type KeystoreProfile = "LegacyRC2" | "LegacyDES" | "Modern2023" | "Modern2026";

/** As go-pkcs12 has it, which cert-manager uses. */
const iterations = 2048;

export interface Encrypted {
  /** AlgorithmIdentifier, in DER. */
  readonly algorithm: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Bytes of its own for each purpose, the same whenever the same is written. */
export type Salts = (purpose: string, length: number) => Uint8Array;

export interface ProfileUse {
  readonly password: string;
  readonly salts: Salts;
}

type Encrypt = (plain: Uint8Array, purpose: string, use: ProfileUse) => Encrypted;

interface Profile {
  readonly certificates: Encrypt;
  readonly key: Encrypt;
  /** MacData, in DER. */
  readonly seal: (content: Uint8Array, use: ProfileUse) => Uint8Array;
}

/** The password as legacy profiles take it: UTF-16, big-endian, with a zero behind (RFC 7292 §B.1). */
function bmpPassword(password: string): Uint8Array {
  return Buffer.concat([Buffer.from(password, "utf16le").swap16(), Buffer.alloc(2)]);
}

interface LegacySource {
  readonly password: string;
  readonly salt: Uint8Array;
  /** Default: as often as ours. */
  readonly rounds?: number;
}

/** RFC 7292 §B.2; `purpose` 1: key, 2: initialization vector, 3: key of the seal. */
function deriveLegacy(
  hash: "sha1" | "sha256",
  { password, salt, rounds = iterations }: LegacySource,
  { purpose, length }: { readonly purpose: number; readonly length: number },
): Uint8Array {
  const block = 64;
  const fill = (bytes: Uint8Array): Buffer =>
    Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
  const input = Buffer.concat([fill(salt), fill(bmpPassword(password))]);
  const parts: Buffer[] = [];
  for (let size = 0; size < length; ) {
    let digest = createHash(hash).update(Buffer.alloc(block, purpose)).update(input).digest();
    for (let round = 1; round < rounds; round++) digest = createHash(hash).update(digest).digest();
    parts.push(digest);
    size += digest.length;
    const increment = Buffer.alloc(block, digest);
    for (let at = 0; at < input.length; at += block)
      addOneMore(input.subarray(at, at + block), increment);
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** One block, as a big-endian number, plus another and one. */
function addOneMore(block: Buffer, increment: Buffer): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    const sum = (block[at] ?? 0) + (increment[at] ?? 0) + carry;
    block[at] = sum & 0xff;
    carry = sum >> 8;
  }
}

function legacy(oid: string, keyLength: number, cipher: "rc2" | "des-ede3-cbc"): Encrypt {
  return (plain, purpose, { password, salts }) => {
    const salt = salts(purpose, 8);
    const key = deriveLegacy("sha1", { password, salt }, { purpose: 1, length: keyLength });
    const iv = deriveLegacy("sha1", { password, salt }, { purpose: 2, length: 8 });
    const algorithm = sequence(
      objectIdentifier(oid),
      sequence(octetString(salt), smallInteger(iterations)),
    );
    if (cipher === "rc2") return { algorithm, bytes: encryptRc2Cbc(key, iv, plain) };
    const encryption = createCipheriv(cipher, key, iv);
    return { algorithm, bytes: Buffer.concat([encryption.update(plain), encryption.final()]) };
  };
}

const derNull = element(0x05);
const hmacSha256 = sequence(objectIdentifier("1.2.840.113549.2.9"), derNull);

/** PBKDF2 with HMAC-SHA-256 (RFC 8018 §A.2). */
function pbkdf2Identifier(salt: Uint8Array, length: readonly Uint8Array[]): Uint8Array {
  return sequence(
    objectIdentifier("1.2.840.113549.1.5.12"),
    sequence(octetString(salt), smallInteger(iterations), ...length, hmacSha256),
  );
}

/** PBES2 with AES-256-CBC (RFC 8018 §A.4). */
const modern: Encrypt = (plain, purpose, { password, salts }) => {
  const salt = salts(purpose, 16);
  const iv = salts(`${purpose} vector`, 16);
  const key = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const encryption = createCipheriv("aes-256-cbc", key, iv);
  const algorithm = sequence(
    objectIdentifier("1.2.840.113549.1.5.13"),
    sequence(
      pbkdf2Identifier(salt, []),
      sequence(objectIdentifier("2.16.840.1.101.3.4.1.42"), octetString(iv)),
    ),
  );
  return { algorithm, bytes: Buffer.concat([encryption.update(plain), encryption.final()]) };
};

function sealed(identifier: Uint8Array, digest: Uint8Array, salt: Uint8Array): Uint8Array {
  return sequence(
    sequence(identifier, octetString(digest)),
    octetString(salt),
    smallInteger(iterations),
  );
}

function legacySeal(hash: "sha1" | "sha256", oid: string): Profile["seal"] {
  return (content, { password, salts }) => {
    const salt = salts("seal", 8);
    const digest = legacyDigest(hash, content, { password, salt });
    return sealed(sequence(objectIdentifier(oid), derNull), digest, salt);
  };
}

/** What a legacy seal says of content (RFC 7292 §B.4). */
export function legacyDigest(
  hash: "sha1" | "sha256",
  content: Uint8Array,
  source: LegacySource,
): Uint8Array {
  const length = hash === "sha1" ? 20 : 32;
  const key = deriveLegacy(hash, source, { purpose: 3, length });
  return createHmac(hash, key).update(content).digest();
}

/** PBMAC1 (RFC 9579 §5): the salt beside it is not used. */
const modernSeal: Profile["seal"] = (content, { password, salts }) => {
  const salt = salts("seal", 16);
  const key = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const digest = createHmac("sha256", key).update(content).digest();
  const parameters = sequence(pbkdf2Identifier(salt, [smallInteger(32)]), hmacSha256);
  return sealed(
    sequence(objectIdentifier("1.2.840.113549.1.5.14"), parameters),
    digest,
    salts("unused", 8),
  );
};

const tripleDes = legacy("1.2.840.113549.1.12.1.3", 24, "des-ede3-cbc");
const sha1Seal = legacySeal("sha1", "1.3.14.3.2.26");

export const keystoreProfiles: Readonly<Record<KeystoreProfile, Profile>> = {
  LegacyRC2: {
    certificates: legacy("1.2.840.113549.1.12.1.6", 5, "rc2"),
    key: tripleDes,
    seal: sha1Seal,
  },
  LegacyDES: { certificates: tripleDes, key: tripleDes, seal: sha1Seal },
  Modern2023: {
    certificates: modern,
    key: modern,
    seal: legacySeal("sha256", "2.16.840.1.101.3.4.2.1"),
  },
  Modern2026: { certificates: modern, key: modern, seal: modernSeal },
};
