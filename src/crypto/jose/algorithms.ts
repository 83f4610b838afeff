/** The algorithms of signatures on tokens (RFC 7518 §3, RFC 8037 §3.1), and for which keys each is. */

import {
  constants,
  createHmac,
  type KeyObject,
  timingSafeEqual,
  verify as verifySignature,
} from "node:crypto";

export interface SignatureAlgorithm {
  /** In the header of a token. `none` is none of them. */
  readonly name: string;
  readonly fits: (key: KeyObject) => boolean;
  readonly verify: (key: KeyObject, signed: Uint8Array, signature: Uint8Array) => boolean;
}

/** An RSA key that is shorter is no obstacle any more (RFC 7518 §3.3). */
const leastRsaBits = 2048;

const sizes = ["256", "384", "512"] as const;

const curves = { "256": "prime256v1", "384": "secp384r1", "512": "secp521r1" } as const;

const algorithms: readonly SignatureAlgorithm[] = [
  ...sizes.flatMap((size) => [hmac(size), rsa(size), rsaPss(size), ecdsa(size)]),
  {
    name: "EdDSA",
    fits: ({ asymmetricKeyType: type }) => type === "ed25519" || type === "ed448",
    verify: (key, signed, signature) => verifySignature(null, signed, key, signature),
  },
];

/** Those that a key may be used with. */
export function algorithmsFor(key: KeyObject): readonly SignatureAlgorithm[] {
  return algorithms.filter(({ fits }) => fits(key));
}

type Size = (typeof sizes)[number];

function hmac(size: Size): SignatureAlgorithm {
  return {
    name: `HS${size}`,
    fits: ({ type }) => type === "secret",
    verify: (key, signed, signature) => {
      const own = createHmac(`sha${size}`, key).update(signed).digest();
      return own.length === signature.length && timingSafeEqual(own, signature);
    },
  };
}

function isRsa({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= leastRsaBits;
}

function rsa(size: Size): SignatureAlgorithm {
  return {
    name: `RS${size}`,
    fits: isRsa,
    verify: (key, signed, signature) => verifySignature(`sha${size}`, signed, key, signature),
  };
}

function rsaPss(size: Size): SignatureAlgorithm {
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return {
    name: `PS${size}`,
    fits: isRsa,
    verify: (key, signed, signature) =>
      verifySignature(`sha${size}`, signed, { key, padding, saltLength }, signature),
  };
}

function ecdsa(size: Size): SignatureAlgorithm {
  return {
    name: `ES${size}`,
    fits: ({ asymmetricKeyDetails }) => asymmetricKeyDetails?.namedCurve === curves[size],
    verify: (key, signed, signature) =>
      verifySignature(`sha${size}`, signed, { key, dsaEncoding: "ieee-p1363" }, signature),
  };
}
