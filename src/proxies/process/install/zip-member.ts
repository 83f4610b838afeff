/** One file out of a zip archive (PKWARE APPNOTE 6.3.3), its sizes and checksum verified. */

import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const headerSignature = 0x04034b50;
const endBytes = 22;
const maxCommentBytes = 0xffff;
const stored = 0;
const deflated = 8;
/** Sizes of 4 GiB and more are told by other records, which no wheel of ours has. */
const zip64Mark = 0xffffffff;

interface Entry {
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

/** The content of `name` inside `archive`, which may be at most `maxBytes` long. */
export async function readZipMember(
  archive: Uint8Array,
  name: string,
  maxBytes: number,
): Promise<Result<Uint8Array, string>> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const entry = findEntry(view, name);
  if (!entry.ok) return entry;
  const { bytes, packedBytes, flags } = entry.value;
  if (bytes === zip64Mark || packedBytes === zip64Mark) return err("it is in the zip64 format");
  if ((flags & 1) !== 0) return err(`${name} is encrypted`);
  if (bytes > maxBytes) return err(`${name} has ${bytes} bytes, more than ${maxBytes}`);
  const packed = packedContent(view, entry.value);
  if (packed === undefined) return err("it is cut off");
  const content = await unpack(packed, entry.value);
  if (!content.ok) return content;
  if (content.value.length !== bytes) return err(`${name} has not the size it claims`);
  if (crc32(content.value) !== entry.value.crc) return err(`${name} has a wrong checksum`);
  return content;
}

/** The central directory at the end is what counts; entries are found by their exact name. */
function findEntry(view: DataView, name: string): Result<Entry, string> {
  const end = findEnd(view);
  if (end === undefined) return err("it is not a zip archive");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== entrySignature) break;
    const nameBytes = view.getUint16(at + 28, true);
    const rest = view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (at + 46 + nameBytes > end) break;
    if (text(view, at + 46, nameBytes) === name) return ok(entryAt(view, at));
    at += 46 + nameBytes + rest;
  }
  return err(`it holds no ${name}`);
}

function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - endBytes;
  for (let at = last; at >= 0 && at >= last - maxCommentBytes; at -= 1) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  return undefined;
}

function entryAt(view: DataView, at: number): Entry {
  return {
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packedBytes: view.getUint32(at + 20, true),
    bytes: view.getUint32(at + 24, true),
    headerOffset: view.getUint32(at + 42, true),
  };
}

function packedContent(view: DataView, entry: Entry): Uint8Array | undefined {
  const at = entry.headerOffset;
  if (at + 30 > view.byteLength || view.getUint32(at, true) !== headerSignature) return undefined;
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + entry.packedBytes > view.byteLength) return undefined;
  return new Uint8Array(view.buffer, view.byteOffset + start, entry.packedBytes);
}

async function unpack(packed: Uint8Array, entry: Entry): Promise<Result<Uint8Array, string>> {
  if (entry.method === stored) return ok(packed);
  if (entry.method !== deflated) return err(`it is compressed by method ${entry.method}`);
  try {
    return ok(await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, entry.bytes) }));
  } catch (cause) {
    return err(`it does not unpack: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function text(view: DataView, at: number, bytes: number): string {
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, bytes));
}
