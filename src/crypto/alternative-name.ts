/** A name that a certificate is good for, to and from the GeneralName of RFC 5280 §4.2.1.6. */

import { implicit } from "./der.ts";
import type { DerElement } from "./der-reader.ts";
import { addressBytes, formatAddressBytes } from "./ip-address.ts";

export type AlternativeName =
  | { readonly kind: "dns"; readonly name: string }
  | { readonly kind: "uri"; readonly uri: string }
  /** `address`: an IPv4 or IPv6 address as text. */
  | { readonly kind: "ip"; readonly address: string };

/** The numbers of the choice, all tagged implicitly. */
const choice = { dns: 2, uri: 6, ip: 7 } as const;

/** Throws on what cannot stand in a certificate: names and URIs are ASCII (IA5String), an address must be one. */
export function derAlternativeName(name: AlternativeName): Uint8Array {
  switch (name.kind) {
    case "dns":
      return implicit(choice.dns, ascii(name.name));
    case "uri":
      return implicit(choice.uri, ascii(name.uri));
    case "ip":
      return implicit(choice.ip, addressBytes(name.address));
  }
}

/** Undefined for the kinds that we do not write. */
export function parseAlternativeName({ tag, content }: DerElement): AlternativeName | undefined {
  switch (tag) {
    case 0x80 | choice.dns:
      return { kind: "dns", name: Buffer.from(content).toString("latin1") };
    case 0x80 | choice.uri:
      return { kind: "uri", uri: Buffer.from(content).toString("latin1") };
    case 0x80 | choice.ip: {
      const address = formatAddressBytes(content);
      return address === undefined ? undefined : { kind: "ip", address };
    }
    default:
      return undefined;
  }
}

function ascii(text: string): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new Error(`${JSON.stringify(text)} cannot be a name in a certificate`);
  return Buffer.from(text, "latin1");
}
