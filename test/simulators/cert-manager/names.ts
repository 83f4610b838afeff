/** The names in certificates and in signing requests, as Go's x509 gives them to cert-manager. */

import { createPublicKey, type KeyObject } from "node:crypto";
import { bytesOfPem, type Element, elementsIn, formatIdentifier } from "./der.ts";

export interface Names {
  /** Object identifier of an attribute → its values. */
  readonly subject: ReadonlyMap<string, readonly string[]>;
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** Hexadecimal: addresses are the same however they are written. */
  readonly ipAddresses: readonly string[];
  readonly publicKey: KeyObject;
}

/** PEM. Throws where it is none. */
export function namesInRequest(pem: string): Names {
  const [request] = elementsIn(bytesOfPem(pem));
  const [body] = inside(request);
  const [, subject, publicKey, attributes] = inside(body);
  const extensions = inside(attributes)
    .map(inside)
    .find(([type]) => type !== undefined && formatIdentifier(type.content) === extensionRequest);
  const [list] = inside(extensions?.[1]);
  return names({ subject, publicKey, extensions: inside(list) });
}

/** PEM, of which the first is read. Throws where it is none. */
export function namesInCertificate(pem: string): Names {
  const [first = ""] = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/.exec(pem) ?? [];
  const [certificate] = elementsIn(bytesOfPem(first));
  const [body] = inside(certificate);
  const parts = inside(body).filter(({ tag }) => tag !== 0xa0);
  const [, , , , subject, publicKey] = parts;
  const [list] = inside(parts.find(({ tag }) => tag === 0xa3));
  return names({ subject, publicKey, extensions: inside(list) });
}

const extensionRequest = "1.2.840.113549.1.9.14";
const alternativeNames = "2.5.29.17";

function inside(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : elementsIn(element.content);
}

function names({
  subject,
  publicKey,
  extensions,
}: {
  readonly subject: Element | undefined;
  readonly publicKey: Element | undefined;
  readonly extensions: readonly Element[];
}): Names {
  const said = new Map<string, string[]>();
  for (const attribute of inside(subject).flatMap(inside)) {
    const [type, value] = inside(attribute);
    if (type === undefined || value === undefined) continue;
    const identifier = formatIdentifier(type.content);
    said.set(identifier, [...(said.get(identifier) ?? []), value.content.toString("utf8")]);
  }
  const extension = extensions
    .map(inside)
    .find(([type]) => type !== undefined && formatIdentifier(type.content) === alternativeNames);
  const [list] = extension === undefined ? [] : elementsIn(extension.at(-1)?.content ?? empty);
  const tagged = (tag: number): readonly Buffer[] =>
    inside(list).flatMap((one) => (one.tag === tag ? [one.content] : []));
  const texts = (tag: number): readonly string[] => tagged(tag).map((one) => one.toString("utf8"));
  return {
    subject: said,
    ...{ emailAddresses: texts(0x81), dnsNames: texts(0x82), uris: texts(0x86) },
    ipAddresses: tagged(0x87).map((one) => one.toString("hex")),
    publicKey: createPublicKey({
      key: publicKey?.whole ?? empty,
      format: "der",
      type: "spki",
    }),
  };
}

const empty = Buffer.alloc(0);
