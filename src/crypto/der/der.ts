/** Values into DER, the one encoding that certificates, requests and revocation lists are signed in (ITU-T X.690). */

/** Tags of universal types (X.680 §8.6), with the bit for constructed ones where they always are. */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A tag and its content; tags are those of one byte, numbers up to 30. */
export function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Uint8Array.of(tag), lengthBytes(size), ...content]);
}

/** The definite form in as few bytes as hold it (X.690 §8.1.3, §10.1). */
function lengthBytes(size: number): Uint8Array {
  if (size < 0x80) return Uint8Array.of(size);
  const bytes: number[] = [];
  for (let left = size; left > 0; left = Math.floor(left / 0x100)) bytes.unshift(left & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

/** SEQUENCE: parts in the order given. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.sequence, ...parts);
}

/** SET OF: parts sorted by their bytes (X.690 §11.6). */
export function setOf(...parts: readonly Uint8Array[]): Uint8Array {
  return element(tags.set, ...parts.toSorted(Buffer.compare));
}

/** INTEGER of an unsigned big-endian number: no superfluous zero in front, and one where a minus would be read. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  const padding = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of();
  return element(tags.integer, padding, digits);
}

/** INTEGER of a small number that is not negative. */
export function smallInteger(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new Error(`${value} is no whole number from 0 to ${0xffff_ffff}`);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return unsignedInteger(bytes);
}

/** BOOLEAN true; false is the default wherever we write, and DER leaves defaults out (X.690 §11.5). */
export function booleanTrue(): Uint8Array {
  return element(tags.boolean, Uint8Array.of(0xff));
}

/** BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(tags.bitString, Uint8Array.of(0), bytes);
}

/** BIT STRING of named bits, given by their numbers: zeros at the end are left out (X.690 §11.2.2). */
export function namedBits(numbers: readonly number[]): Uint8Array {
  const count = Math.max(-1, ...numbers) + 1;
  const bytes = new Uint8Array(Math.ceil(count / 8));
  for (const number of numbers) {
    const at = number >> 3;
    bytes[at] = (bytes[at] ?? 0) | (0x80 >> (number & 7));
  }
  return element(tags.bitString, Uint8Array.of(bytes.length * 8 - count), bytes);
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Uint8Array {
  return element(tags.octetString, bytes);
}

/** UTF8String. */
export function utf8String(text: string): Uint8Array {
  return element(tags.utf8String, Buffer.from(text, "utf8"));
}

/** PrintableString: letters, digits, space and a little punctuation (X.680 §41.4). */
export function printableString(text: string): Uint8Array {
  if (!/^[A-Za-z0-9 '()+,./:=?-]*$/.test(text))
    throw new Error(`${JSON.stringify(text)} is no PrintableString`);
  return element(tags.printableString, Buffer.from(text, "latin1"));
}

/** OBJECT IDENTIFIER from its dotted form: `2.5.4.3`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = Number.NaN, second = Number.NaN, ...rest] = dotted.split(".").map(Number);
  if (![first, second, ...rest].every((arc) => Number.isSafeInteger(arc) && arc >= 0))
    throw new Error(`${dotted} is no object identifier`);
  const arcs = [first * 40 + second, ...rest];
  return element(tags.objectIdentifier, Uint8Array.from(arcs.flatMap(base128)));
}

/** Seven bits a byte, the highest bit on all but the last (X.690 §8.19.2). */
function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f];
  for (let left = Math.floor(value / 0x80); left > 0; left = Math.floor(left / 0x80))
    bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** A context-specific tag around whole elements: `[number] EXPLICIT`. */
export function explicit(number: number, ...content: readonly Uint8Array[]): Uint8Array {
  return element(0xa0 | number, ...content);
}

/** A context-specific tag in place of a primitive type's own: `[number] IMPLICIT`. */
export function implicit(number: number, content: Uint8Array): Uint8Array {
  return element(0x80 | number, content);
}
