/** The whole name of a subject: its attributes, to and from the X.501 Name and to and from text (RFC 5280 §4.1.2.4, RFC 4514). */

import { err, ok, type Result } from "#base/result.ts";
import {
  element,
  objectIdentifier,
  printableString,
  sequence,
  setOf,
  utf8String,
} from "../der/der.ts";
import { type DerElement, readElement, readElements } from "../der/der-reader.ts";
import { formatObjectIdentifier } from "../der/object-identifier.ts";

export interface NameAttribute {
  /** `2.5.4.3` */
  readonly type: string;
  readonly value: string;
}

/** Attributes of one set each: those of one set count as one step. */
export type SubjectName = readonly (readonly NameAttribute[])[];

/** Attribute types by the names that RFC 4514 §3 and cert-manager give them. */
export const attributeTypes = {
  CN: "2.5.4.3",
  SERIALNUMBER: "2.5.4.5",
  C: "2.5.4.6",
  L: "2.5.4.7",
  ST: "2.5.4.8",
  STREET: "2.5.4.9",
  O: "2.5.4.10",
  OU: "2.5.4.11",
  POSTALCODE: "2.5.4.17",
  UID: "0.9.2342.19200300.100.1.1",
  DC: "0.9.2342.19200300.100.1.25",
} as const;

const ia5String = 0x16;

/** A printable text is written as one, as Go does it. */
function derText({ type, value }: NameAttribute): Uint8Array {
  if (type === attributeTypes.DC) return element(ia5String, Buffer.from(value, "latin1"));
  return /^[A-Za-z0-9 '()+,./:=?-]*$/.test(value) ? printableString(value) : utf8String(value);
}

/** The Name, in DER. */
export function derSubject(name: SubjectName): Uint8Array {
  return sequence(
    ...name.map((set) =>
      setOf(...set.map((one) => sequence(objectIdentifier(one.type), derText(one)))),
    ),
  );
}

/** Reads a Name in DER. */
export function parseSubject(der: Uint8Array): Result<SubjectName, string> {
  const outer = readElement(der);
  const sets = outer.ok ? readElements(outer.value.content) : outer;
  if (!sets.ok) return sets;
  const name: (readonly NameAttribute[])[] = [];
  for (const set of sets.value) {
    const pairs = readElements(set.content);
    if (!pairs.ok) return pairs;
    const attributes = pairs.value.map(readAttribute);
    if (attributes.some((one) => one === undefined)) return err("a name that cannot be read");
    name.push(attributes.filter((one) => one !== undefined));
  }
  return ok(name);
}

function readAttribute({ content }: DerElement): NameAttribute | undefined {
  const parts = readElements(content);
  if (!parts.ok) return undefined;
  const [type, value] = parts.value;
  if (type === undefined || value === undefined) return undefined;
  return { type: formatObjectIdentifier(type.content), value: readText(value) };
}

function readText({ tag, content }: DerElement): string {
  const bytes = Buffer.from(content);
  if (tag === 0x1e) return bytes.swap16().toString("utf16le");
  return bytes.toString(tag === 0x0c ? "utf8" : "latin1");
}

/** The values of one type, in their order. */
export function valuesOf(name: SubjectName, type: string): readonly string[] {
  return name.flat().flatMap((one) => (one.type === type ? [one.value] : []));
}

/** Reads what RFC 4514 writes; the narrowest attribute stands first in the text and last in the Name. */
export function parseNameText(text: string): Result<SubjectName, string> {
  const sets: (readonly NameAttribute[])[] = [];
  for (const part of splitUnescaped(text, ",")) {
    const attributes: NameAttribute[] = [];
    for (const pair of splitUnescaped(part, "+")) {
      const [, label = "", raw = ""] = /^\s*([A-Za-z0-9.]+)\s*=\s*([\s\S]*)$/.exec(pair) ?? [];
      const type = /^\d+(\.\d+)+$/.test(label)
        ? label
        : (attributeTypes as Readonly<Record<string, string>>)[label.toUpperCase()];
      if (type === undefined) return err(`${JSON.stringify(pair)} is no attribute of a name`);
      const value = unescape(raw.trimEnd());
      if (value === undefined)
        return err(`${JSON.stringify(pair)} has a value that cannot be read`);
      attributes.push({ type, value });
    }
    sets.unshift(attributes);
  }
  return ok(sets);
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [""];
  for (const [unit] of text.matchAll(/\\?[\s\S]/g)) {
    if (unit === separator) parts.push("");
    else parts.push(`${parts.pop() ?? ""}${unit}`);
  }
  return parts;
}

function unescape(raw: string): string | undefined {
  const bytes: Buffer[] = [];
  for (const [unit] of raw.matchAll(/\\[0-9A-Fa-f]{2}|\\?[\s\S]/g)) {
    if (unit === "\\" || /^["<>;]$/.test(unit)) return undefined;
    if (/^\\[0-9A-Fa-f]{2}$/.test(unit)) bytes.push(Buffer.from(unit.slice(1), "hex"));
    else bytes.push(Buffer.from(unit.startsWith("\\") ? unit.slice(1) : unit, "utf8"));
  }
  return Buffer.concat(bytes).toString("utf8");
}
