/** Signed tokens (RFC 7515 §7.1) as an issuer makes them, written from the specification. */

import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";

export interface TokenKey {
  readonly algorithm: string;
  readonly signing: KeyObject | Buffer;
  /** Of a symmetric key the key itself. */
  readonly verifying: KeyObject;
  /** As it stands in a key set. */
  readonly published: Readonly<Record<string, unknown>>;
  readonly id: string;
}

const curves: Readonly<Record<string, string>> = {
  ES256: "P-256",
  ES384: "P-384",
  ES512: "P-521",
};

/** A fresh key for an algorithm. */
export function generateJwk(algorithm: string, id = `key of ${algorithm}`): TokenKey {
  const signing = freshKey(algorithm);
  const verifying = signing.type === "secret" ? signing : createPublicKey(signing);
  const published = { ...verifying.export({ format: "jwk" }), kid: id };
  return { algorithm, signing, verifying, published, id };
}

function freshKey(algorithm: string): KeyObject {
  if (algorithm.startsWith("HS")) return createSecretKey(randomBytes(64));
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519").privateKey;
  const namedCurve = curves[algorithm];
  return namedCurve === undefined
    ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    : generateKeyPairSync("ec", { namedCurve }).privateKey;
}

/** A token with these claims. */
export function signToken(
  { algorithm, signing, id }: Pick<TokenKey, "algorithm" | "signing" | "id">,
  claims: object,
  header: object = {},
): string {
  const parts = [{ alg: algorithm, typ: "JWT", kid: id, ...header }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signed = parts.join(".");
  return `${signed}.${signatureOf(algorithm, signing, Buffer.from(signed)).toString("base64url")}`;
}

function signatureOf(algorithm: string, key: KeyObject | Buffer, signed: Buffer): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("HS")) return createHmac(hash, key).update(signed).digest();
  if (Buffer.isBuffer(key)) throw new Error("only a symmetric key is given as bytes");
  if (algorithm === "EdDSA") return sign(null, signed, key);
  if (algorithm.startsWith("ES")) return sign(hash, signed, { key, dsaEncoding: "ieee-p1363" });
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return sign(hash, signed, algorithm.startsWith("PS") ? { key, ...pss } : key);
}
