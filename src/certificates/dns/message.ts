/** Whole DNS messages: questions and updates as bytes, answers from bytes (RFC 1035 §4, RFC 2136 §2). */

import { err, ok, type Result } from "#base/result.ts";
import { encodeName, readName } from "./name.ts";
import {
  type RecordType,
  type ResourceRecord,
  readRecord,
  recordTypes,
  textContent,
} from "./record.ts";

/** Codes of answers (IANA, "DNS RCODEs"). */
export const rcodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
  notAuthorized: 9,
  notInZone: 10,
} as const;

export interface DnsAnswer {
  readonly id: number;
  readonly rcode: number;
  /** Whether the server answers for the zone, not from what it heard. */
  readonly isAuthoritative: boolean;
  /** Whether there was no room for all of it. */
  readonly isTruncated: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

const classes = { internet: 1, none: 254 } as const;
const optionRecord = 41;
/** Larger answers come in pieces, which get lost (DNS Flag Day 2020). */
const largestDatagram = 1232;
const recursionDesired = 0x0100;
const opcodeUpdate = 5 << 11;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType;
  /** Whether the server shall ask others for us. */
  readonly recursion: boolean;
  /** Whether it is told that we take large answers; some old servers refuse questions that say so. */
  readonly extended: boolean;
}

/** A question as bytes. */
export function encodeQuestion(question: Question): Result<Uint8Array, string> {
  const name = encodeName(question.name);
  if (!name.ok) return name;
  const { id, type, recursion, extended } = question;
  const header = words(id, recursion ? recursionDesired : 0, 1, 0, 0, extended ? 1 : 0);
  const option = Buffer.concat([Uint8Array.of(0), words(optionRecord, largestDatagram, 0, 0, 0)]);
  return ok(
    Buffer.concat([
      header,
      name.value,
      words(recordTypes[type], classes.internet),
      ...(extended ? [option] : []),
    ]),
  );
}

export interface Update {
  readonly id: number;
  readonly zone: string;
  readonly name: string;
  readonly value: string;
  /** Seconds; for an addition. */
  readonly ttl: number;
  readonly action: "add" | "remove";
}

/** The addition or removal of one value of a TXT record; the other values under the name stay. */
export function encodeUpdate(update: Update): Result<Uint8Array, string> {
  const zone = encodeName(update.zone);
  if (!zone.ok) return zone;
  const name = encodeName(update.name);
  if (!name.ok) return name;
  const content = textContent(update.value);
  const isAdded = update.action === "add";
  return ok(
    Buffer.concat([
      words(update.id, opcodeUpdate, 1, 0, 1, 0),
      zone.value,
      words(recordTypes.SOA, classes.internet),
      name.value,
      words(recordTypes.TXT, isAdded ? classes.internet : classes.none),
      words(0, isAdded ? update.ttl : 0, content.length),
      content,
    ]),
  );
}

/** Numbers of two bytes each. */
export function words(...numbers: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(2 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt16BE(number, 2 * index);
  return bytes;
}

/** Reads any message; never throws. */
export function decodeAnswer(message: Uint8Array): Result<DnsAnswer, string> {
  if (message.length < 12) return err("the answer is too short");
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0) return err("the answer is a question");
  let position = 12;
  for (let count = view.getUint16(4); count > 0; count--) {
    const name = readName(message, position);
    if (name === undefined || name.end + 4 > message.length)
      return err("the answer makes no sense");
    position = name.end + 4;
  }
  const sections: ResourceRecord[][] = [];
  for (const offset of [6, 8, 10]) {
    const records: ResourceRecord[] = [];
    for (let count = view.getUint16(offset); count > 0; count--) {
      const record = readRecord(message, position);
      if (record === undefined) return err("the answer makes no sense");
      records.push(record);
      position = record.end;
    }
    sections.push(records);
  }
  const [answers = [], authorities = [], additionals = []] = sections;
  return ok({
    ...{ id: view.getUint16(0), rcode: flags & 0x0f },
    ...{ isAuthoritative: (flags & 0x0400) !== 0, isTruncated: (flags & 0x0200) !== 0 },
    ...{ answers, authorities, additionals },
  });
}
