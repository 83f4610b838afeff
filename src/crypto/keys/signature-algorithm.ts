/** How certificates and requests are signed: names, identifiers and hashes (RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3). */

import { type KeyObject, sign, verify } from "node:crypto";
import { element, objectIdentifier, sequence } from "../der/der.ts";

interface Algorithm {
  readonly identifier: Uint8Array;
  readonly hash: string | null;
  readonly keyType: "rsa" | "ec" | "ed25519";
}

const derNull = element(0x05);

function rsa(oid: string, hash: string): Algorithm {
  return { identifier: sequence(objectIdentifier(oid), derNull), hash, keyType: "rsa" };
}

function other(oid: string, hash: string | null, keyType: "ec" | "ed25519"): Algorithm {
  return { identifier: sequence(objectIdentifier(oid)), hash, keyType };
}

const algorithms = {
  SHA256WithRSA: rsa("1.2.840.113549.1.1.11", "sha256"),
  SHA384WithRSA: rsa("1.2.840.113549.1.1.12", "sha384"),
  SHA512WithRSA: rsa("1.2.840.113549.1.1.13", "sha512"),
  ECDSAWithSHA256: other("1.2.840.10045.4.3.2", "sha256", "ec"),
  ECDSAWithSHA384: other("1.2.840.10045.4.3.3", "sha384", "ec"),
  ECDSAWithSHA512: other("1.2.840.10045.4.3.4", "sha512", "ec"),
  PureEd25519: other("1.3.101.112", null, "ed25519"),
} as const satisfies Readonly<Record<string, Algorithm>>;

export type SignatureAlgorithm = keyof typeof algorithms;

/** What Go's x509 signs with where nobody chooses; undefined for keys that sign no certificates. */
function usualAlgorithm(key: KeyObject): SignatureAlgorithm | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return "SHA256WithRSA";
    case "ed25519":
      return "PureEd25519";
    case "ec":
      return curveAlgorithms[key.asymmetricKeyDetails?.namedCurve ?? ""];
    default:
      return undefined;
  }
}

const curveAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: "ECDSAWithSHA256",
  secp384r1: "ECDSAWithSHA384",
  secp521r1: "ECDSAWithSHA512",
};

export interface Signature {
  /** AlgorithmIdentifier, in DER. */
  readonly identifier: Uint8Array;
  readonly make: (toBeSigned: Uint8Array) => Uint8Array;
}

/** Throws when the key cannot sign so: what a user gave was looked at before. */
export function signatureBy(
  key: KeyObject,
  algorithm: SignatureAlgorithm | undefined = usualAlgorithm(key),
): Signature {
  if (algorithm === undefined || algorithms[algorithm].keyType !== key.asymmetricKeyType)
    throw new Error(`a key of type ${key.asymmetricKeyType ?? "unknown"} cannot sign so`);
  const { identifier, hash } = algorithms[algorithm];
  return { identifier, make: (bytes) => sign(hash, bytes, key) };
}

/** Whether the key made the signature, by an algorithm that we know. */
export function isSignatureOf(
  key: KeyObject,
  signed: {
    readonly identifier: Uint8Array;
    readonly bytes: Uint8Array;
    readonly signature: Uint8Array;
  },
): boolean {
  const known = Object.values(algorithms).find(
    ({ identifier }) => Buffer.compare(identifier, signed.identifier) === 0,
  );
  return (
    known?.keyType === key.asymmetricKeyType &&
    verify(known?.hash ?? null, signed.bytes, key, signed.signature)
  );
}
