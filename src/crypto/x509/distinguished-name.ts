/** The name of a subject or an issuer: a few attributes as an X.501 Name. */

import { objectIdentifier, printableString, sequence, setOf, utf8String } from "../der/der.ts";

/** Without any attribute it is the empty name, and the subject is told by its alternative names alone. */
export interface DistinguishedName {
  readonly organization?: string;
  readonly commonName?: string;
  /** Keeps the names of several authorities apart; RFC 5280 §4.1.2.4 has every reader know it. */
  readonly serialNumber?: string;
}

/** Attribute types of RFC 5280 appendix A.1, each with the form of its text. */
const attributes = [
  { field: "organization", type: "2.5.4.10", form: utf8String },
  { field: "commonName", type: "2.5.4.3", form: utf8String },
  { field: "serialNumber", type: "2.5.4.5", form: printableString },
] as const;

/** The upper bound that RFC 5280 appendix A.1 gives each of them. */
const maxCharacters = 64;

/** One attribute a set, from the widest to the narrowest. */
export function derName(name: DistinguishedName): Uint8Array {
  const sets = attributes.flatMap(({ field, type, form }) => {
    const value = name[field];
    if (value === undefined) return [];
    if (value === "" || value.length > maxCharacters)
      throw new Error(`the ${field} of a name has 1 to ${maxCharacters} characters: ${value}`);
    return [setOf(sequence(objectIdentifier(type), form(value)))];
  });
  return sequence(...sets);
}
