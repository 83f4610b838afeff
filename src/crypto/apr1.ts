/** Apache's MD5 password hash, `$apr1$salt$hash` (apr_md5.c of the Apache Portable Runtime, "apr_md5_encode"). */

import { createHash } from "node:crypto";

const magic = "$apr1$";
const maxSaltLength = 8;
const rounds = 1000;
const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The order in which the bytes of the last digest are written, three at a time. */
const written = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/** The salt of a hash; undefined for a text that is no hash of this kind. */
export function apr1Salt(hash: string): string | undefined {
  return /^\$apr1\$([^$]{1,8})\$[./0-9A-Za-z]{22}$/.exec(hash)?.[1];
}

/** The whole text of the hash. Longer salts are cut, as everybody does. */
export function apr1(password: Uint8Array, salt: string): string {
  const short = Buffer.from(salt.slice(0, maxSaltLength));
  let digest = firstDigest(password, short);
  for (let round = 0; round < rounds; round++) digest = nextDigest(digest, round, password, short);
  return `${magic}${salt.slice(0, maxSaltLength)}$${encode(digest)}`;
}

function md5(parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function firstDigest(password: Uint8Array, salt: Uint8Array): Uint8Array {
  const inner = md5([password, salt, password]);
  const parts: Uint8Array[] = [password, Buffer.from(magic), salt];
  for (let left = password.length; left > 0; left -= inner.length) {
    parts.push(inner.subarray(0, Math.min(left, inner.length)));
  }
  const first = password.subarray(0, 1);
  // Bit by bit of the length: a zero byte for a one, the first byte for a zero.
  for (let bits = password.length; bits > 0; bits >>= 1) {
    parts.push(bits % 2 === 1 ? Uint8Array.of(0) : first);
  }
  return md5(parts);
}

function nextDigest(
  before: Uint8Array,
  round: number,
  password: Uint8Array,
  salt: Uint8Array,
): Uint8Array {
  const isOdd = round % 2 === 1;
  return md5([
    isOdd ? password : before,
    ...(round % 3 === 0 ? [] : [salt]),
    ...(round % 7 === 0 ? [] : [password]),
    isOdd ? before : password,
  ]);
}

function encode(digest: Uint8Array): string {
  const at = (index: number): number => digest[index] ?? 0;
  const groups = written.map(([a, b, c]) => letters((at(a) << 16) | (at(b) << 8) | at(c), 4));
  return `${groups.join("")}${letters(at(11), 2)}`;
}

/** Six bits a letter, the lowest first. */
function letters(value: number, count: number): string {
  let text = "";
  for (let rest = value; text.length < count; rest >>>= 6) text += alphabet[rest % 64];
  return text;
}
