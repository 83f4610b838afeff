/** PEM: bytes in base 64 between two lines (RFC 7468). */

import { err, ok, type Result } from "#base/result.ts";

/** Larger texts are refused unread: none in use is near them (cert-manager has the same limits). */
const maxBytes = 95_000;

/** One block, 64 characters a line. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The bytes of the first block with one of the labels. */
export function parsePem(text: Uint8Array, labels: readonly string[]): Result<Uint8Array, string> {
  const blocks = parsePemBlocks(text, labels);
  if (!blocks.ok) return blocks;
  const [first] = blocks.value;
  return first === undefined ? err(`no PEM block ${labels[0]}`) : ok(first);
}

/** The bytes of all blocks with one of the labels; what stands between blocks is passed over. */
export function parsePemBlocks(
  text: Uint8Array,
  labels: readonly string[],
): Result<readonly Uint8Array[], string> {
  if (text.length > maxBytes) return err(`more than ${maxBytes} bytes of PEM`);
  const whole = Buffer.from(text).toString("latin1");
  const blocks: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const begin = whole.indexOf("-----BEGIN ", at);
    if (begin < 0) return ok(blocks);
    const labelEnd = whole.indexOf("-----", begin + 11);
    if (labelEnd < 0) return err("a PEM block that does not begin as it should");
    const label = whole.slice(begin + 11, labelEnd);
    const mark = `-----END ${label}-----`;
    const end = whole.indexOf(mark, labelEnd);
    if (end < 0) return err("a PEM block that does not end");
    const body = whole.slice(labelEnd + 5, end).replaceAll(/\s/g, "");
    if (labels.includes(label)) {
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return err("a PEM block that is not base 64");
      blocks.push(Buffer.from(body, "base64"));
    }
    at = end + mark.length;
  }
}

/**
 * The blocks of a label as they stand in a text, to the first that does not end. Each character is looked at twice at most:
 * a pattern would look for the end of each beginning anew.
 */
export function pemTexts(text: string, label: string): readonly string[] {
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const blocks: string[] = [];
  for (let at = 0; ; ) {
    const from = text.indexOf(begin, at);
    const to = from < 0 ? -1 : text.indexOf(end, from + begin.length);
    if (to < 0) return blocks;
    at = to + end.length;
    blocks.push(text.slice(from, at));
  }
}
