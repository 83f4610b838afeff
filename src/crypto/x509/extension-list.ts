/** Extensions of certificates and of requests for them, one by one (RFC 5280 §4.2). */

import { err, ok, type Result } from "#base/result.ts";
import {
  booleanTrue,
  explicit,
  implicit,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  smallInteger,
} from "../der/der.ts";
import { readElement, readElements } from "../der/der-reader.ts";
import { formatObjectIdentifier } from "../der/object-identifier.ts";
import { type AlternativeName, derAlternativeName } from "./alternative-name.ts";

export interface Extension {
  /** `2.5.29.17` */
  readonly type: string;
  readonly isCritical: boolean;
  /** What is in the OCTET STRING, in DER. */
  readonly value: Uint8Array;
}

export const extensionTypes = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  authorityInformation: "1.3.6.1.5.5.7.1.1",
  acmeIdentifier: "1.3.6.1.5.5.7.1.31",
} as const;

/** The SEQUENCE OF Extension. */
export function derExtensionList(extensions: readonly Extension[]): Uint8Array {
  return sequence(
    ...extensions.map(({ type, isCritical, value }) =>
      sequence(objectIdentifier(type), ...(isCritical ? [booleanTrue()] : []), octetString(value)),
    ),
  );
}

/** Reads the SEQUENCE OF Extension. */
export function parseExtensionList(der: Uint8Array): Result<readonly Extension[], string> {
  const outer = readElement(der);
  const items = outer.ok ? readElements(outer.value.content) : outer;
  if (!items.ok) return items;
  const extensions: Extension[] = [];
  for (const { content } of items.value) {
    const parts = readElements(content);
    if (!parts.ok) return parts;
    const [type, ...rest] = parts.value;
    const value = rest.at(-1);
    if (type?.tag !== 0x06 || value?.tag !== 0x04) return err("an extension that cannot be read");
    const isCritical = rest.length > 1 && rest[0]?.content[0] === 0xff;
    extensions.push({
      type: formatObjectIdentifier(type.content),
      isCritical,
      value: value.content,
    });
  }
  return ok(extensions);
}

/** Bits of KeyUsage, by their numbers. */
export function keyUsageExtension(bits: readonly number[]): Extension {
  return { type: extensionTypes.keyUsage, isCritical: true, value: namedBits(bits) };
}

/** Purposes, by their object identifiers. */
export function extendedKeyUsageExtension(purposes: readonly string[]): Extension {
  const value = sequence(...purposes.map(objectIdentifier));
  return { type: extensionTypes.extendedKeyUsage, isCritical: false, value };
}

/** Whether it is an authority, and how many may stand between it and an end entity. */
export function basicConstraintsExtension(
  authority: { readonly maxPathLength?: number } | undefined,
): Extension {
  const length = authority?.maxPathLength;
  const value =
    authority === undefined
      ? sequence()
      : sequence(booleanTrue(), ...(length === undefined ? [] : [smallInteger(length)]));
  return { type: extensionTypes.basicConstraints, isCritical: true, value };
}

/** Critical, so that nobody takes the certificate for one of the name (RFC 8737 §3). */
export function acmeIdentifierExtension(digest: Uint8Array): Extension {
  return { type: extensionTypes.acmeIdentifier, isCritical: true, value: octetString(digest) };
}

/** Where the subject is empty they are all that tells it, and must be understood (RFC 5280 §4.2.1.6). */
export function alternativeNamesExtension(
  names: readonly AlternativeName[],
  subject: "named" | "empty",
): Extension {
  const value = sequence(...names.map(derAlternativeName));
  return { type: extensionTypes.alternativeNames, isCritical: subject === "empty", value };
}

/** By it an authority is named in what it signs. */
export function subjectKeyIdentifierExtension(id: Uint8Array): Extension {
  const type = extensionTypes.subjectKeyIdentifier;
  return { type, isCritical: false, value: octetString(id) };
}

/** The key that signed. */
export function authorityKeyIdentifierExtension(id: Uint8Array): Extension {
  const type = extensionTypes.authorityKeyIdentifier;
  return { type, isCritical: false, value: sequence(implicit(0, id)) };
}

/** URLs of lists of revoked certificates (RFC 5280 §4.2.1.13). */
export function crlDistributionPointsExtension(urls: readonly string[]): Extension {
  const points = urls.map((url) =>
    sequence(explicit(0, explicit(0, derAlternativeName({ kind: "uri", uri: url })))),
  );
  const type = extensionTypes.crlDistributionPoints;
  return { type, isCritical: false, value: sequence(...points) };
}

/** Where OCSP and the issuer's certificate are found (RFC 5280 §4.2.2.1). */
export function authorityInformationExtension(
  ocspServers: readonly string[],
  issuers: readonly string[],
): Extension {
  const describe = (method: string, urls: readonly string[]): readonly Uint8Array[] =>
    urls.map((url) =>
      sequence(objectIdentifier(method), derAlternativeName({ kind: "uri", uri: url })),
    );
  const value = sequence(
    ...describe("1.3.6.1.5.5.7.48.1", ocspServers),
    ...describe("1.3.6.1.5.5.7.48.2", issuers),
  );
  return { type: extensionTypes.authorityInformation, isCritical: false, value };
}
