/** Quoted YAML scalars: escapes and folded lines become text. */

import type { Cursor } from "./cursor.ts";
import { isBlank, isBreak, isSpaceOrEnd } from "./cursor.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

const singleQuote = 39;
const doubleQuote = 34;
const backslash = 92;

/** YAML 1.1 §5.7, and `\'` as libyaml takes it; `\/` is not among them. */
const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "'": "'",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};
const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** JSON's escapes are not all YAML 1.1's: it has `\/` and writes what lies above U+FFFF as two surrogates. */
export type EscapeRules = "yaml" | "json";

/** Reads the scalar whose opening quote is under the cursor, and moves behind its closing quote. */
export function takeQuoted(cursor: Cursor, rules: EscapeRules): string {
  const start = cursor.position;
  const quote = cursor.peek();
  cursor.position += 1;
  let value = "";
  for (;;) {
    if (cursor.atDocumentMarker()) {
      throw new YamlSyntaxError("a quoted text runs into the next document", start);
    }
    if (cursor.peek() === 0) throw new YamlSyntaxError("a quoted text has no closing quote", start);
    const run = takeRun(cursor, quote, rules);
    value += run.text;
    if (cursor.peek() === quote) break;
    value += takeWhitespace(cursor, run.brokenByEscape);
  }
  cursor.position += 1;
  return value;
}

interface Run {
  readonly text: string;
  /** The run ended in a backslash before a line break: the break and the indentation after it are nothing. */
  readonly brokenByEscape: boolean;
}

/** Everything up to the next blank, line break or closing quote. */
function takeRun(cursor: Cursor, quote: number, rules: EscapeRules): Run {
  let text = "";
  let from = cursor.position;
  for (;;) {
    const code = cursor.peek();
    if (isSpaceOrEnd(code)) break;
    if (code === quote) {
      if (quote === doubleQuote || cursor.peek(1) !== singleQuote) break;
      text += `${cursor.since(from)}'`;
      cursor.position += 2;
      from = cursor.position;
    } else if (quote === doubleQuote && code === backslash) {
      text += cursor.since(from);
      cursor.position += 1;
      if (isBreak(cursor.peek())) {
        cursor.takeBreak();
        return { text, brokenByEscape: true };
      }
      text += takeEscape(cursor, rules);
      from = cursor.position;
    } else {
      cursor.position += 1;
    }
  }
  return { text: text + cursor.since(from), brokenByEscape: false };
}

/** The character that the escape behind a backslash means. */
function takeEscape(cursor: Cursor, rules: EscapeRules): string {
  const at = cursor.position - 1;
  const letter = String.fromCharCode(cursor.peek());
  const simple = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
  const length = Object.hasOwn(hexLengths, letter) ? hexLengths[letter] : undefined;
  cursor.position += 1;
  if (simple !== undefined) return simple;
  if (rules === "json" && letter === "/") return letter;
  if (length === undefined) {
    throw new YamlSyntaxError("a backslash begins no known escape in this double-quoted text", at);
  }
  const digits = cursor.text.slice(cursor.position, cursor.position + length);
  if (!/^[0-9A-Fa-f]+$/.test(digits) || digits.length !== length) {
    throw new YamlSyntaxError(`the escape \\${letter} needs ${length} hexadecimal digits`, at);
  }
  const code = Number.parseInt(digits, 16);
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code > 0x10ffff || (surrogate && rules === "yaml")) {
    throw new YamlSyntaxError("an escape names no Unicode character", at);
  }
  cursor.position += length;
  return String.fromCodePoint(code);
}

/** Blanks inside a line stay; a single line break becomes a space, more of them become one fewer. */
function takeWhitespace(cursor: Cursor, brokenByEscape: boolean): string {
  const start = cursor.position;
  let firstBreak = "";
  let moreBreaks = "";
  let broken = brokenByEscape;
  for (;;) {
    const code = cursor.peek();
    if (isBlank(code)) {
      cursor.position += 1;
    } else if (isBreak(code)) {
      if (broken) moreBreaks += cursor.takeBreak();
      else firstBreak = cursor.takeBreak();
      broken = true;
    } else {
      return broken ? foldBreaks(firstBreak, moreBreaks) : cursor.since(start);
    }
  }
}

/** What line breaks in a folded scalar stand for. */
export function foldBreaks(first: string, more: string): string {
  if (first !== "\n") return first + more;
  return more === "" ? " " : more;
}
