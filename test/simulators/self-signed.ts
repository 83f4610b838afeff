/** Makes throw-away certificates for tests: P-256 or RSA-2048, self-signed, valid until 2099, with nothing of ours involved. */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

export interface SelfSigned {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

/** A certificate for DNS names; the first is its common name. */
export function selfSigned(
  names: readonly [string, ...string[]],
  keyType: "ec" | "rsa" = "ec",
): SelfSigned {
  const { publicKey, privateKey } =
    keyType === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const algorithm = keyType === "ec" ? ecdsaWithSha256 : rsaWithSha256;
  const subject = sequence(
    element(0x31, sequence(objectIdentifier(2, 5, 4, 3), element(0x0c, Buffer.from(names[0])))),
  );
  const toBeSigned = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    subject,
    validity,
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    element(0xa3, sequence(subjectAlternativeNames(names))),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  return {
    certificate: pem("CERTIFICATE", der),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

export type TlsSecret = {
  readonly apiVersion: "v1";
  readonly kind: "Secret";
  readonly metadata: { readonly name: string };
  readonly type: "kubernetes.io/tls";
  readonly stringData: Readonly<Record<"tls.crt" | "tls.key", string>>;
};

/** A manifest of the Secret that holds a certificate. */
export function tlsSecret(name: string, { certificate, key }: SelfSigned): TlsSecret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": certificate, "tls.key": key },
  };
}

/** ecdsa-with-SHA256, RFC 5758 §3.2. */
const ecdsaWithSha256 = sequence(objectIdentifier(1, 2, 840, 10045, 4, 3, 2));

/** sha256WithRSAEncryption, RFC 4055 §5: its parameters are NULL. */
const rsaWithSha256 = sequence(
  objectIdentifier(1, 2, 840, 113549, 1, 1, 11),
  element(0x05, Buffer.alloc(0)),
);

/** UTCTime until 2049, GeneralizedTime after: RFC 5280 §4.1.2.5. */
const validity = sequence(
  element(0x17, Buffer.from("200101000000Z")),
  element(0x18, Buffer.from("20991231235959Z")),
);

function subjectAlternativeNames(names: readonly string[]): Buffer {
  const list = sequence(...names.map((name) => element(0x82, Buffer.from(name))));
  return sequence(objectIdentifier(2, 5, 29, 17), element(0x04, list));
}

function element(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length =
    size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function objectIdentifier(first: number, second: number, ...rest: readonly number[]): Buffer {
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
