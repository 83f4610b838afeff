/** Requests for certificates: built and signed by who asks, read and verified by who is asked (PKCS #10, RFC 2986). */

import { createPublicKey, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "#base/result.ts";
import { bitString, element, objectIdentifier, sequence, setOf, smallInteger } from "../der/der.ts";
import { type DerElement, readElement, readElements } from "../der/der-reader.ts";
import {
  isSignatureOf,
  type SignatureAlgorithm,
  signatureBy,
} from "../keys/signature-algorithm.ts";
import { publicKeyInfo } from "../keys/signing-key.ts";
import { formatPem, parsePem } from "../pem.ts";
import { type AlternativeName, parseAlternativeName } from "./alternative-name.ts";
import {
  derExtensionList,
  type Extension,
  extensionTypes,
  parseExtensionList,
} from "./extension-list.ts";
import { parseSubject, type SubjectName } from "./subject-name.ts";

export interface RequestParts {
  /** Name, in DER. */
  readonly subject: Uint8Array;
  readonly extensions: readonly Extension[];
  readonly algorithm?: SignatureAlgorithm | undefined;
}

/** What a request says. */
export interface SigningRequest {
  /** Name, in DER. */
  readonly subject: Uint8Array;
  readonly name: SubjectName;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
  /** In their order; kinds that we do not know are left out. */
  readonly alternativeNames: readonly AlternativeName[];
}

/** A request that was read: its signature is looked at when it is asked for, as that takes the most time. */
export interface UncheckedRequest {
  /** For comparing; whoever wrote it. */
  readonly said: SigningRequest;
  /** For signing: the same, or that its own key did not sign it. */
  readonly checked: () => Result<SigningRequest, string>;
}

/** extensionRequest (RFC 2985 §5.4.2). */
const extensionRequest = objectIdentifier("1.2.840.113549.1.9.14");
const attributesTag = 0xa0;

/** PEM. Throws when the key cannot sign by the algorithm. */
export function buildSigningRequest(
  { subject, extensions, algorithm }: RequestParts,
  key: KeyObject,
): string {
  const attributes =
    extensions.length === 0
      ? []
      : [sequence(extensionRequest, setOf(derExtensionList(extensions)))];
  const information = sequence(
    smallInteger(0),
    subject,
    publicKeyInfo(key),
    element(attributesTag, ...attributes),
  );
  const { identifier, make } = signatureBy(key, algorithm);
  const der = sequence(information, identifier, bitString(make(information)));
  return formatPem("CERTIFICATE REQUEST", der);
}

/** Reads a request in PEM and verifies its signature. */
export function parseSigningRequest(pem: Uint8Array): Result<SigningRequest, string> {
  const read = readSigningRequest(pem);
  return read.ok ? read.value.checked() : read;
}

/** Reads a request in PEM. */
export function readSigningRequest(pem: Uint8Array): Result<UncheckedRequest, string> {
  const der = parsePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);
  if (!der.ok) return der;
  const parts = childrenOf(der.value);
  const [information, identifier, signature] = parts ?? [];
  if (information === undefined || identifier === undefined || signature === undefined)
    return err("no signing request that can be read");
  const fields = readElements(information.content);
  const [, subject, info, attributes] = fields.ok ? fields.value : [];
  if (subject === undefined || info === undefined) return err("a signing request without a key");
  const signed = {
    identifier: identifier.whole,
    bytes: information.whole,
    signature: signature.content.subarray(1),
  };
  const name = parseSubject(subject.whole);
  if (!name.ok) return name;
  const extensions = readExtensions(attributes);
  if (!extensions.ok) return extensions;
  const said = {
    subject: subject.whole,
    name: name.value,
    publicKey: info.whole,
    extensions: extensions.value,
    alternativeNames: namesOf(extensions.value),
  };
  let verdict: Result<SigningRequest, string> | undefined;
  const checked = (): Result<SigningRequest, string> => {
    verdict ??= check(said, signed);
    return verdict;
  };
  return ok({ said, checked });
}

/** The key that signed a request that was checked. */
export function keyOfRequest({ publicKey }: SigningRequest): KeyObject {
  return createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
}

function check(
  said: SigningRequest,
  signed: Parameters<typeof isSignatureOf>[1],
): Result<SigningRequest, string> {
  const key = readKey(said);
  if (key === undefined) return err("a signing request with a key that cannot be read");
  return isSignatureOf(key, signed)
    ? ok(said)
    : err("a signing request that its own key did not sign");
}

function childrenOf(der: Uint8Array): readonly DerElement[] | undefined {
  const outer = readElement(der);
  const parts = outer.ok ? readElements(outer.value.content) : outer;
  return parts.ok ? parts.value : undefined;
}

function readKey(said: SigningRequest): KeyObject | undefined {
  try {
    return keyOfRequest(said);
  } catch {
    // That the bytes are no key is the answer.
    return undefined;
  }
}

function readExtensions(attributes: DerElement | undefined): Result<readonly Extension[], string> {
  const items = attributes === undefined ? ok([]) : readElements(attributes.content);
  if (!items.ok) return items;
  for (const { content } of items.value) {
    const parts = readElements(content);
    if (!parts.ok) return parts;
    const [type, values] = parts.value;
    if (type === undefined || Buffer.compare(type.whole, extensionRequest) !== 0) continue;
    return parseExtensionList(values?.content ?? new Uint8Array());
  }
  return ok([]);
}

/** The names of the extension for them. */
function namesOf(extensions: readonly Extension[]): readonly AlternativeName[] {
  const found = extensions.find(({ type }) => type === extensionTypes.alternativeNames);
  const items = found === undefined ? [] : (childrenOf(found.value) ?? []);
  return items.flatMap((one) => parseAlternativeName(one) ?? []);
}
