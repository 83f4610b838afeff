/** DER read piece by piece: one element, or the elements within one. */

import { err, ok, type Result } from "#base/result.ts";

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** The element with its tag and length. */
  readonly whole: Uint8Array;
}

/** The elements that stand one after another in `bytes`, to the last byte. */
export function readElements(bytes: Uint8Array): Result<readonly DerElement[], string> {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const next = readOne(bytes.subarray(at));
    if (!next.ok) return next;
    elements.push(next.value);
    at += next.value.whole.length;
  }
  return ok(elements);
}

/** The element that `bytes` are. */
export function readElement(bytes: Uint8Array): Result<DerElement, string> {
  const one = readOne(bytes);
  if (one.ok && one.value.whole.length !== bytes.length)
    return err("more bytes follow the element");
  return one;
}

function readOne(bytes: Uint8Array): Result<DerElement, string> {
  const tag = bytes[0];
  const first = bytes[1];
  if (tag === undefined || first === undefined) return err("the bytes end within an element");
  if ((tag & 0x1f) === 0x1f) return err("a tag of more than one byte");
  const length = readLength(first, bytes);
  if (!length.ok) return length;
  const { size, start } = length.value;
  if (bytes.length < start + size) return err("the bytes end within an element");
  const whole = bytes.subarray(0, start + size);
  return ok({ tag, content: whole.subarray(start), whole });
}

/** Lengths above four bytes and in more bytes than needed are refused: DER has one form for one value. */
function readLength(
  first: number,
  bytes: Uint8Array,
): Result<{ readonly size: number; readonly start: number }, string> {
  if (first < 0x80) return ok({ size: first, start: 2 });
  const count = first & 0x7f;
  if (count === 0 || count > 4) return err("a length that is not of DER");
  const digits = bytes.subarray(2, 2 + count);
  if (digits.length < count) return err("the bytes end within a length");
  const size = digits.reduce((sum, digit) => sum * 0x100 + digit, 0);
  if (digits[0] === 0 || size < 0x80) return err("a length in more bytes than it needs");
  return ok({ size, start: 2 + count });
}
