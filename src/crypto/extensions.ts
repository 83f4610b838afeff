/** The extensions of a certificate, each with the criticality that RFC 5280 §4.2.1 asks for. */

import { type AlternativeName, derAlternativeName } from "./alternative-name.ts";
import {
  booleanTrue,
  implicit,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  smallInteger,
} from "./der.ts";

/** Bits of KeyUsage by name (RFC 5280 §4.2.1.3). */
const keyUsages = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

/** Purposes by name (RFC 5280 §4.2.1.12). */
const extendedKeyUsages = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

export type KeyUsage = keyof typeof keyUsages;
export type ExtendedKeyUsage = keyof typeof extendedKeyUsages;

export interface CertificateExtensions {
  /** Absent: an end entity, which signs no certificates. */
  readonly authority?: {
    /** How many authorities may stand between this one and an end entity. Default: any number. */
    readonly maxPathLength?: number;
  };
  readonly keyUsage: readonly KeyUsage[];
  /** Default: none, which is no restriction. */
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[];
  /** Default: none. */
  readonly alternativeNames?: readonly AlternativeName[];
}

/** Who is bound by the extensions: what is not the caller's to choose. */
export interface ExtensionFacts {
  readonly subjectKeyId: Uint8Array;
  /** Absent when the issuer's certificate names none. */
  readonly authorityKeyId: Uint8Array | undefined;
  /** The alternative names are then all that tells the subject, and must be understood (RFC 5280 §4.2.1.6). */
  readonly isSubjectEmpty: boolean;
}

/** The SEQUENCE OF Extension. */
export function derExtensions(wanted: CertificateExtensions, facts: ExtensionFacts): Uint8Array {
  const { extendedKeyUsage = [], alternativeNames = [] } = wanted;
  const { authorityKeyId } = facts;
  if (facts.isSubjectEmpty && alternativeNames.length === 0)
    throw new Error("a certificate names its subject or has alternative names");
  const parts = [
    critical("2.5.29.19", basicConstraints(wanted.authority)),
    critical("2.5.29.15", namedBits(wanted.keyUsage.map((usage) => keyUsages[usage]))),
  ];
  if (extendedKeyUsage.length > 0) {
    const purposes = extendedKeyUsage.map((usage) => objectIdentifier(extendedKeyUsages[usage]));
    parts.push(extension("2.5.29.37", sequence(...purposes)));
  }
  if (alternativeNames.length > 0) {
    const write = facts.isSubjectEmpty ? critical : extension;
    parts.push(write("2.5.29.17", sequence(...alternativeNames.map(derAlternativeName))));
  }
  parts.push(extension("2.5.29.14", octetString(facts.subjectKeyId)));
  if (authorityKeyId !== undefined)
    parts.push(extension("2.5.29.35", sequence(implicit(0, authorityKeyId))));
  return sequence(...parts);
}

function basicConstraints(authority: CertificateExtensions["authority"]): Uint8Array {
  if (authority === undefined) return sequence();
  const { maxPathLength } = authority;
  return sequence(
    booleanTrue(),
    ...(maxPathLength === undefined ? [] : [smallInteger(maxPathLength)]),
  );
}

function extension(type: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(type), octetString(value));
}

function critical(type: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(type), booleanTrue(), octetString(value));
}
