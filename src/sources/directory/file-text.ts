/** The bytes of a manifest file → text, as kubectl decodes them: UTF-8, or UTF-16 with a byte order mark. */

import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";

/** The text without its byte order mark, or the number of bytes before the first that is no UTF-8. */
export function decodeText(bytes: Uint8Array): Result<string, { readonly byteOffset: number }> {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return ok(new TextDecoder("utf-16le").decode(bytes));
  if (first === 0xfe && second === 0xff) return ok(new TextDecoder("utf-16be").decode(bytes));
  try {
    return ok(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Bytes that are no UTF-8 are the only failure there is; where they begin is the answer.
    return err({ byteOffset: firstInvalidByte(bytes) });
  }
}

/** Where the first byte stands that no UTF-8 character has there (RFC 3629 §4). */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Bytes of the character at `at`, 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (let offset = 1; offset < length; offset += 1) {
    const byte = bytes[at + offset] ?? 0;
    const [least, most] = offset === 1 ? secondByteRange(lead) : [0x80, 0xbf];
    if (byte < least || byte > most) return 0;
  }
  return length;
}

/** No overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByteRange(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}
