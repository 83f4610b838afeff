/** YAML tags: `!!str`, `!name`, `!<tag:yaml.org,2002:str>` become full names. */

import type { Cursor } from "./cursor.ts";
import { isSpaceOrEnd, isWordCharacter } from "./cursor.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

const exclamation = 33;
const longPrefix = "tag:yaml.org,2002:";

/** The short form that messages use: `!!str`. */
export function shortTag(tag: string): string {
  return tag.startsWith(longPrefix) ? `!!${tag.slice(longPrefix.length)}` : tag;
}

/** The full name of a standard tag: `str` gives `tag:yaml.org,2002:str`. */
export function standardTag(name: string): string {
  return longPrefix + name;
}

/** Reads the tag under the cursor. `!` alone stays `!`. */
export function takeTag(cursor: Cursor): string {
  const start = cursor.position;
  const tag = cursor.peek(1) === 60 ? takeVerbatim(cursor, start) : takeShorthand(cursor, start);
  if (!isSpaceOrEnd(cursor.peek())) {
    throw new YamlSyntaxError("a tag ends in a space or a line break", start);
  }
  return tag;
}

function takeVerbatim(cursor: Cursor, start: number): string {
  cursor.position += 2;
  const tag = takeUri(cursor, start);
  if (tag === "") throw new YamlSyntaxError("a tag has no name", start);
  if (cursor.peek() !== 62)
    throw new YamlSyntaxError("a tag that begins with !< ends with >", start);
  cursor.position += 1;
  return tag;
}

function takeShorthand(cursor: Cursor, start: number): string {
  cursor.position += 1;
  while (isWordCharacter(cursor.peek())) cursor.position += 1;
  const word = cursor.since(start + 1);
  if (cursor.peek() !== exclamation) return `!${word}${takeUri(cursor, start)}`;
  cursor.position += 1;
  const suffix = takeUri(cursor, start);
  if (suffix === "") throw new YamlSyntaxError("a tag has no name", start);
  if (word !== "") throw new YamlSyntaxError(`the tag handle !${word}! is not defined`, start);
  return longPrefix + suffix;
}

/** `0-9 A-Z a-z _ - ; / ? : @ & = + $ , . ! ~ * ' ( ) [ ]` and escaped octets. */
function takeUri(cursor: Cursor, start: number): string {
  const from = cursor.position;
  for (;;) {
    const code = cursor.peek();
    if (code === 37) {
      if (!/^%[0-9A-Fa-f]{2}$/.test(cursor.text.slice(cursor.position, cursor.position + 3))) {
        throw new YamlSyntaxError("a % in a tag is followed by two hexadecimal digits", start);
      }
      cursor.position += 3;
    } else if (isWordCharacter(code) || isUriPunctuation(code)) {
      cursor.position += 1;
    } else {
      break;
    }
  }
  return unescapeUri(cursor.since(from), start);
}

function isUriPunctuation(code: number): boolean {
  return code !== 0 && ";/?:@&=+$,.!~*'()[]".includes(String.fromCharCode(code));
}

function unescapeUri(text: string, start: number): string {
  const decoded = text.includes("%") ? decodeOctets(text) : text;
  if (decoded !== undefined) return decoded;
  throw new YamlSyntaxError("the escaped characters of a tag are no UTF-8", start);
}

function decodeOctets(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // The only failure there is: octets that are no UTF-8.
    return undefined;
  }
}
