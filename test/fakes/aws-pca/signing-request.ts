/** What a certificate authority reads of a PKCS#10 request (RFC 2986): subject, key and wanted extensions, once its signature holds. */

import { createPublicKey, verify } from "node:crypto";
import { objectIdentifier } from "#crypto/der/der.ts";
import { type DerElement, readElement, readElements } from "#crypto/der/der-reader.ts";

export interface SigningRequest {
  /** The Name, as it stands. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  /** By the bytes of their object identifiers, in hexadecimal: each whole extension. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** extensionRequest (RFC 2985 §5.4.2). */
const extensionRequest = objectIdentifier("1.2.840.113549.1.9.14");

const hashes: Readonly<Record<string, string>> = {
  [hex(objectIdentifier("1.2.840.113549.1.1.11"))]: "sha256",
  [hex(objectIdentifier("1.2.840.113549.1.1.12"))]: "sha384",
  [hex(objectIdentifier("1.2.840.113549.1.1.13"))]: "sha512",
  [hex(objectIdentifier("1.2.840.10045.4.3.2"))]: "sha256",
  [hex(objectIdentifier("1.2.840.10045.4.3.3"))]: "sha384",
  [hex(objectIdentifier("1.2.840.10045.4.3.4"))]: "sha512",
};

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The elements within one; throws on what is no DER. */
export function childrenOf(element: DerElement): readonly DerElement[] {
  const children = readElements(element.content);
  if (!children.ok) throw new Error(children.error);
  return children.value;
}

export function wholeOf(bytes: Uint8Array): DerElement {
  const whole = readElement(bytes);
  if (!whole.ok) throw new Error(whole.error);
  return whole.value;
}

/** Throws when the text is no request, or is not signed by its key with RSA or ECDSA. */
export function readSigningRequest(pem: string): SigningRequest {
  const block = /-----BEGIN (NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[2];
  if (block === undefined) throw new Error("no PEM block of a request");
  const [info, algorithm, signature] = childrenOf(wholeOf(Buffer.from(block, "base64")));
  if (info === undefined || algorithm === undefined || signature === undefined)
    throw new Error("a request of less than three parts");
  const [, subject, key, attributes] = childrenOf(info);
  if (subject === undefined || key === undefined) throw new Error("a request without a key");
  const [type] = childrenOf(algorithm);
  const hash = hashes[hex(type?.whole ?? new Uint8Array())];
  if (hash === undefined) throw new Error("a signature by an algorithm that is not supported");
  const publicKey = createPublicKey({ key: Buffer.from(key.whole), type: "spki", format: "der" });
  if (!verify(hash, info.whole, publicKey, signature.content.subarray(1)))
    throw new Error("a signature that does not hold");
  return { subject: subject.whole, key: key.whole, extensions: extensionsOf(attributes) };
}

function extensionsOf(attributes: DerElement | undefined): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const attribute of attributes === undefined ? [] : childrenOf(attributes)) {
    const [type, values] = childrenOf(attribute);
    if (type === undefined || values === undefined || hex(type.whole) !== hex(extensionRequest))
      continue;
    for (const list of childrenOf(values))
      for (const extension of childrenOf(list)) {
        const [oid] = childrenOf(extension);
        if (oid !== undefined) found.set(hex(oid.whole), extension.whole);
      }
  }
  return found;
}
