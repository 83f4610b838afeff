/** Names in DNS messages (RFC 1035 §3.1, §4.1.4). As text they are ASCII without a dot at the end; the root is the empty text. */

import { err, ok, type Result } from "#base/result.ts";

const longestLabel = 63;
const longestName = 255;

/** `example.com.` and `Example.com` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether `name` is `zone` or below it. */
export function isWithin(name: string, zone: string): boolean {
  const [inner, outer] = [plainName(name), plainName(zone)];
  return outer === "" || inner === outer || inner.endsWith(`.${outer}`);
}

/** The name and every one above it, longest first, without the root: `a.b.c`, `b.c`, `c`. */
export function namesUpwards(name: string): readonly string[] {
  const labels = plainName(name).split(".");
  return labels.map((_, index) => labels.slice(index).join("."));
}

/** The bytes of a name, uncompressed and in small letters, so that equal names have equal bytes. */
export function encodeName(name: string): Result<Uint8Array, string> {
  const plain = plainName(name);
  const labels = plain === "" ? [] : plain.split(".");
  const parts: Uint8Array[] = [];
  for (const label of labels) {
    const bytes = Buffer.from(label, "latin1");
    if (bytes.length === 0 || bytes.length > longestLabel || !/^[!-~]+$/.test(label))
      return err("the name is no DNS name");
    parts.push(Uint8Array.of(bytes.length), bytes);
  }
  const whole = Buffer.concat([...parts, Uint8Array.of(0)]);
  return whole.length > longestName ? err("the name is longer than DNS allows") : ok(whole);
}

export interface ReadName {
  readonly name: string;
  /** Where what follows it begins. */
  readonly end: number;
}

/** The name at `start` of a message; undefined when it makes no sense. Pointers lead only backwards, so that it ends. */
export function readName(message: Uint8Array, start: number): ReadName | undefined {
  const labels: string[] = [];
  let [position, end, limit, length] = [start, -1, start, 0];
  for (;;) {
    const first = message[position];
    if (first === undefined) return undefined;
    if (first === 0) return { name: labels.join("."), end: end < 0 ? position + 1 : end };
    if (first >= 0xc0) {
      const low = message[position + 1];
      const target = low === undefined ? Number.POSITIVE_INFINITY : ((first & 0x3f) << 8) | low;
      if (target >= limit) return undefined;
      if (end < 0) end = position + 2;
      [position, limit] = [target, target];
      continue;
    }
    length += first + 1;
    const label = message.subarray(position + 1, position + 1 + first);
    if (first > longestLabel || label.length < first || length >= longestName) return undefined;
    labels.push(Buffer.from(label).toString("latin1").toLowerCase());
    position += first + 1;
  }
}
