/** A name that a certificate is good for, to and from the GeneralName of RFC 5280 §4.2.1.6. */

import { element, explicit, implicit, objectIdentifier, utf8String } from "../der/der.ts";
import { type DerElement, readElements } from "../der/der-reader.ts";
import { formatObjectIdentifier } from "../der/object-identifier.ts";
import { addressBytes, formatAddressBytes, isAddress } from "../ip-address.ts";

export type AlternativeName =
  | { readonly kind: "dns"; readonly name: string }
  | { readonly kind: "uri"; readonly uri: string }
  /** `address`: an IPv4 or IPv6 address as text. */
  | { readonly kind: "ip"; readonly address: string }
  | { readonly kind: "email"; readonly mailbox: string }
  /** `type`: an object identifier that says what the text is. */
  | { readonly kind: "other"; readonly type: string; readonly text: string };

/** The numbers of the choice, all tagged implicitly. */
const choice = { other: 0, email: 1, dns: 2, uri: 6, ip: 7 } as const;
const constructed = 0xa0;

/** Throws on what cannot stand in a certificate: names and URIs are ASCII (IA5String), an address must be one. */
export function derAlternativeName(name: AlternativeName): Uint8Array {
  switch (name.kind) {
    case "dns":
      return implicit(choice.dns, ascii(name.name));
    case "uri":
      return implicit(choice.uri, ascii(name.uri));
    case "ip":
      return implicit(choice.ip, addressBytes(name.address));
    case "email":
      return implicit(choice.email, ascii(name.mailbox));
    case "other":
      return element(
        constructed | choice.other,
        objectIdentifier(name.type),
        explicit(0, utf8String(name.text)),
      );
  }
}

/** Why a name cannot stand in a certificate; undefined where it can. */
export function whyNoName(name: AlternativeName): string | undefined {
  switch (name.kind) {
    case "dns":
      return isAscii(name.name) ? undefined : `the DNS name ${JSON.stringify(name.name)}`;
    case "uri":
      return isAscii(name.uri) && URL.canParse(name.uri)
        ? undefined
        : `the URI ${JSON.stringify(name.uri)}`;
    case "ip":
      return isAddress(name.address) ? undefined : `the address ${JSON.stringify(name.address)}`;
    case "email":
      return isAscii(name.mailbox) && /^[^@]+@[^@]+$/.test(name.mailbox)
        ? undefined
        : `the e-mail address ${JSON.stringify(name.mailbox)}`;
    case "other":
      return /^[012](\.\d{1,15})+$/.test(name.type)
        ? undefined
        : `the type ${JSON.stringify(name.type)}`;
  }
}

/** Undefined for the kinds that we do not write. */
export function parseAlternativeName({ tag, content }: DerElement): AlternativeName | undefined {
  switch (tag) {
    case 0x80 | choice.dns:
      return { kind: "dns", name: Buffer.from(content).toString("latin1") };
    case 0x80 | choice.uri:
      return { kind: "uri", uri: Buffer.from(content).toString("latin1") };
    case 0x80 | choice.email:
      return { kind: "email", mailbox: Buffer.from(content).toString("latin1") };
    case 0x80 | choice.ip: {
      const address = formatAddressBytes(content);
      return address === undefined ? undefined : { kind: "ip", address };
    }
    case constructed | choice.other:
      return parseOtherName(content);
    default:
      return undefined;
  }
}

function parseOtherName(content: Uint8Array): AlternativeName | undefined {
  const parts = readElements(content);
  const [type, wrapped] = parts.ok ? parts.value : [];
  const inner = wrapped === undefined ? undefined : readElements(wrapped.content);
  const value = inner?.ok === true ? inner.value[0] : undefined;
  if (type === undefined || value?.tag !== 0x0c) return undefined;
  return {
    kind: "other",
    type: formatObjectIdentifier(type.content),
    text: Buffer.from(value.content).toString("utf8"),
  };
}

function isAscii(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function ascii(text: string): Uint8Array {
  if (!isAscii(text)) throw new Error(`${JSON.stringify(text)} cannot be a name in a certificate`);
  return Buffer.from(text, "latin1");
}
