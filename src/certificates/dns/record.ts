/** Resource records: those whose content we read or write (RFC 1035 §3.3, RFC 3596 §2.2, RFC 8659 §4). */

import { formatAddressBytes } from "#crypto/ip-address.ts";
import { readName } from "./name.ts";

/** Numbers of types (IANA, "Resource Record TYPEs"). */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, CAA: 257 } as const;

export type RecordType = keyof typeof recordTypes;

export type RecordData =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "NS" | "CNAME" | "SOA"; readonly target: string }
  | { readonly type: "TXT"; readonly value: string }
  | ({ readonly type: "CAA" } & CaaProperty)
  | { readonly type: "other"; readonly number: number };

/** One property of who may issue certificates. */
export interface CaaProperty {
  /** Whether who does not know the tag may not issue. */
  readonly isCritical: boolean;
  /** In lower case: `issue`. */
  readonly tag: string;
  readonly value: string;
}

export interface ResourceRecord {
  readonly name: string;
  readonly class: number;
  readonly ttl: number;
  readonly data: RecordData;
  /** Where it begins and ends in its message, and its content. */
  readonly start: number;
  readonly end: number;
  readonly content: Uint8Array;
}

/** The record at `start` of a message; undefined when it makes no sense. */
export function readRecord(message: Uint8Array, start: number): ResourceRecord | undefined {
  const name = readName(message, start);
  if (name === undefined || message.length < name.end + 10) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const number = view.getUint16(name.end);
  const contentStart = name.end + 10;
  const end = contentStart + view.getUint16(name.end + 8);
  if (end > message.length) return undefined;
  const data = readData(message, number, { start: contentStart, end });
  if (data === undefined) return undefined;
  return {
    ...{ name: name.name, class: view.getUint16(name.end + 2), ttl: view.getUint32(name.end + 4) },
    ...{ data, start, end, content: message.subarray(contentStart, end) },
  };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function readData(
  message: Uint8Array,
  number: number,
  { start, end }: Span,
): RecordData | undefined {
  const content = message.subarray(start, end);
  switch (number) {
    case recordTypes.A:
    case recordTypes.AAAA: {
      const address = formatAddressBytes(content);
      const type = number === recordTypes.A ? "A" : "AAAA";
      return address === undefined || content.length !== (type === "A" ? 4 : 16)
        ? undefined
        : { type, address };
    }
    case recordTypes.NS:
      return nameData(message, "NS", start);
    case recordTypes.CNAME:
      return nameData(message, "CNAME", start);
    case recordTypes.SOA:
      return nameData(message, "SOA", start);
    case recordTypes.TXT:
      return textData(content);
    case recordTypes.CAA:
      return caaData(content);
    default:
      return { type: "other", number };
  }
}

function nameData(
  message: Uint8Array,
  type: "NS" | "CNAME" | "SOA",
  start: number,
): RecordData | undefined {
  const read = readName(message, start);
  return read === undefined ? undefined : { type, target: read.name };
}

/** Strings of up to 255 bytes, which are one value. */
function textData(content: Uint8Array): RecordData | undefined {
  const parts: Uint8Array[] = [];
  for (let position = 0; position < content.length; ) {
    const end = position + 1 + (content[position] ?? 0);
    if (end > content.length) return undefined;
    parts.push(content.subarray(position + 1, end));
    position = end;
  }
  return { type: "TXT", value: Buffer.concat(parts).toString("latin1") };
}

function caaData(content: Uint8Array): RecordData | undefined {
  const [flags = 0, length = 0] = content;
  if (length === 0 || content.length < 2 + length) return undefined;
  const textAt = (start: number, end: number): string =>
    Buffer.from(content.subarray(start, end)).toString("latin1");
  return {
    ...{ type: "CAA", isCritical: (flags & 0x80) !== 0 },
    ...{ tag: textAt(2, 2 + length).toLowerCase(), value: textAt(2 + length, content.length) },
  };
}

/** The content of a TXT record with one value. */
export function textContent(value: string): Uint8Array {
  const bytes = Buffer.from(value, "latin1");
  const parts: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += 255) {
    const part = bytes.subarray(start, start + 255);
    parts.push(Uint8Array.of(part.length), part);
  }
  return Buffer.concat(parts);
}
