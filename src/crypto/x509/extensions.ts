/** The extensions of a certificate, each with the criticality that RFC 5280 §4.2.1 asks for. */

import type { AlternativeName } from "./alternative-name.ts";
import {
  acmeIdentifierExtension,
  alternativeNamesExtension,
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  derExtensionList,
  extendedKeyUsageExtension,
  keyUsageExtension,
  subjectKeyIdentifierExtension,
} from "./extension-list.ts";

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
  /** What shows an ACME server that a name is ours, 32 bytes (RFC 8737 §3). Default: nothing. */
  readonly acmeIdentifier?: Uint8Array;
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
  const { authorityKeyId, subjectKeyId, isSubjectEmpty } = facts;
  if (isSubjectEmpty && alternativeNames.length === 0)
    throw new Error("a certificate names its subject or has alternative names");
  const parts = [
    basicConstraintsExtension(wanted.authority),
    keyUsageExtension(wanted.keyUsage.map((usage) => keyUsages[usage])),
  ];
  if (extendedKeyUsage.length > 0)
    parts.push(
      extendedKeyUsageExtension(extendedKeyUsage.map((usage) => extendedKeyUsages[usage])),
    );
  if (alternativeNames.length > 0)
    parts.push(alternativeNamesExtension(alternativeNames, isSubjectEmpty ? "empty" : "named"));
  if (wanted.acmeIdentifier !== undefined)
    parts.push(acmeIdentifierExtension(wanted.acmeIdentifier));
  parts.push(subjectKeyIdentifierExtension(subjectKeyId));
  if (authorityKeyId !== undefined) parts.push(authorityKeyIdentifierExtension(authorityKeyId));
  return derExtensionList(parts);
}
