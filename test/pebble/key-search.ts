/** Looks for private keys in texts and bytes, in whatever form they got there. */

import { createPrivateKey, type KeyObject } from "node:crypto";

export interface SoughtKey {
  /** What people know it by. */
  readonly name: string;
  /** A private key, or bytes that nobody else may have. */
  readonly key: KeyObject | Uint8Array;
}

/** The form in which a key was found → what of it. Empty: it is not there. */
export function findKey({ key }: SoughtKey, where: Uint8Array): readonly string[] {
  // Line ends inside, written out or not, hide nothing.
  const text = Buffer.from(where).toString("latin1");
  const joined = text.replaceAll(/\\+[rn]|\s/g, "");
  const lower = joined.toLowerCase();
  const found: string[] = [];
  for (const [what, bytes] of secretsOf(key)) {
    const raw = Buffer.from(bytes);
    if (text.includes(raw.toString("latin1"))) found.push(`${what} as bytes`);
    if (lower.includes(raw.toString("hex"))) found.push(`${what} as hex`);
    const plain = base64Forms(raw);
    if (plain.some((form) => joined.includes(form))) found.push(`${what} as base64`);
  }
  for (const line of linesOf(key))
    if (base64Forms(Buffer.from(line)).some((form) => joined.includes(form)))
      found.push("a text of it as base64");
  return [...new Set(found)];
}

/** What nobody but its owner knows: in every encoding of the key these stand whole. */
function secretsOf(key: SoughtKey["key"]): readonly (readonly [string, Uint8Array])[] {
  if (key instanceof Uint8Array) return [["all", key]];
  const jwk = key.export({ format: "jwk" });
  return (["d", "p", "q"] as const).flatMap((name) => {
    const value = jwk[name];
    // The first bytes may be written in two ways, with leading zeros or without.
    return value === undefined
      ? []
      : [[name, Buffer.from(value, "base64url").subarray(4)] as const];
  });
}

/** Whole bytes begin at one of three places in a group of base64; what depends on neighbours is cut off. */
function base64Forms(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    const text = whole.toString("base64").slice(before === 0 ? 0 : 4);
    return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** Of a text that was encoded once more, as in the data of a Secret: lines of which each belongs to this key alone. */
function linesOf(key: SoughtKey["key"]): readonly string[] {
  if (key instanceof Uint8Array) return base64Forms(key);
  const older = { ec: ["sec1"], rsa: ["pkcs1"] } as const;
  const type = key.asymmetricKeyType;
  const all = ["pkcs8", ...(type === "ec" || type === "rsa" ? older[type] : [])];
  return all.flatMap((type) => {
    const lines = String(key.export({ type: type as "pkcs8", format: "pem" })).split("\n");
    // The first says which kind of key it is, the last of an elliptic one is mostly the public half.
    return lines
      .filter((line) => line.length === 64)
      .slice(1, -1)
      .concat(lines[2] ?? []);
  });
}

/** Reads PEM. */
export function soughtKey(name: string, pem: Uint8Array): SoughtKey {
  return { name, key: createPrivateKey(Buffer.from(pem)) };
}
