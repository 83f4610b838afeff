/** The fields of a certificate that its readers compare byte for byte, or that Node shows only as text. */

import { err, ok, type Result } from "#base/result.ts";
import { objectIdentifier } from "../der/der.ts";
import { type DerElement, readElement, readElements } from "../der/der-reader.ts";
import { type AlternativeName, parseAlternativeName } from "./alternative-name.ts";

export interface CertificateFields {
  /** The subject's Name, as it stands. */
  readonly subject: Uint8Array;
  /** SubjectPublicKeyInfo, as it stands. */
  readonly publicKey: Uint8Array;
  /** The serial number, as its INTEGER holds it. */
  readonly serial: Uint8Array;
  /** Undefined without the extension. */
  readonly subjectKeyId: Uint8Array | undefined;
  /** Undefined without the extension, or when that names the issuer otherwise. */
  readonly authorityKeyId: Uint8Array | undefined;
  /** DNS names, URIs and addresses in their order; other kinds are left out. */
  readonly alternativeNames: readonly AlternativeName[];
}

const version = 0xa0;
const extensionList = 0xa3;
const subjectAlternativeName = objectIdentifier("2.5.29.17");
const subjectKeyIdentifier = objectIdentifier("2.5.29.14");
const authorityKeyIdentifier = objectIdentifier("2.5.29.35");

/** `[0] KeyIdentifier` of RFC 5280 §4.2.1.1. */
const keyIdentifierChoice = 0x80;

/** Reads a certificate in DER (RFC 5280 §4.1); nothing is verified. */
export function parseCertificateFields(der: Uint8Array): Result<CertificateFields, string> {
  const body = within(readElement(der), 0);
  const fields = body === undefined ? err("no certificate") : readElements(body.content);
  if (!fields.ok) return fields;
  // serialNumber, signature, issuer, validity, subject, key: behind the version, where there is one.
  const first = fields.value[0]?.tag === version ? 1 : 0;
  const [serial, , , , subject, publicKey] = fields.value.slice(first);
  if (serial === undefined || subject === undefined || publicKey === undefined)
    return err("a certificate without a subject and a key");
  const values = extensionValues(fields.value.find(({ tag }) => tag === extensionList));
  const keyId = values(subjectKeyIdentifier);
  const names = values(subjectAlternativeName);
  const elements = names === undefined ? undefined : childrenOf(names);
  const subjectKeyId = keyId === undefined ? undefined : readElement(keyId);
  const authority = values(authorityKeyIdentifier);
  const authorityParts = authority === undefined ? undefined : childrenOf(authority);
  if (elements?.ok === false || subjectKeyId?.ok === false)
    return err("a certificate whose extensions cannot be read");
  return ok({
    subject: subject.whole,
    publicKey: publicKey.whole,
    serial: serial.content,
    subjectKeyId: subjectKeyId?.value.content,
    authorityKeyId: authorityParts?.ok
      ? authorityParts.value.find(({ tag }) => tag === keyIdentifierChoice)?.content
      : undefined,
    alternativeNames: (elements?.value ?? []).flatMap((one) => parseAlternativeName(one) ?? []),
  });
}

function within(outer: Result<DerElement, string>, index: number): DerElement | undefined {
  if (!outer.ok) return undefined;
  const children = readElements(outer.value.content);
  return children.ok ? children.value[index] : undefined;
}

function childrenOf(whole: Uint8Array): Result<readonly DerElement[], string> {
  const outer = readElement(whole);
  return outer.ok ? readElements(outer.value.content) : outer;
}

/** Finds what is in the OCTET STRING of an extension. */
function extensionValues(
  list: DerElement | undefined,
): (type: Uint8Array) => Uint8Array | undefined {
  const inner = list === undefined ? undefined : readElement(list.content);
  const extensions = inner?.ok === true ? readElements(inner.value.content) : ok([]);
  const read = (extensions.ok ? extensions.value : []).flatMap(({ content }) => {
    const parts = readElements(content);
    return parts.ok ? [parts.value] : [];
  });
  return (type) =>
    read.find(([oid]) => oid !== undefined && Buffer.compare(oid.whole, type) === 0)?.at(-1)
      ?.content;
}
