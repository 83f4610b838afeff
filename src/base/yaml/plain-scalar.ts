/** Plain (unquoted) YAML scalars. */

import type { Cursor } from "./cursor.ts";
import { isBlank, isBreak, isSpaceOrEnd } from "./cursor.ts";
import { foldBreaks } from "./quoted-scalar.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

export interface PlainScalar {
  readonly text: string;
  /** Behind the last character of the text. */
  readonly end: number;
  /** The scalar was followed by a line break, so that a key may start here. */
  readonly broken: boolean;
}

/** Where a plain scalar stands. */
export interface PlainContext {
  readonly inFlow: boolean;
  /** Lines that go on with the scalar are indented at least this far; flow collections do not mind. */
  readonly indent: number;
}

/** Reads the plain scalar under the cursor, over several lines if need be. */
export function takePlain(cursor: Cursor, context: PlainContext): PlainScalar {
  const start = cursor.position;
  let text = "";
  let end = start;
  let gap = "";
  let broken = false;
  while (!cursor.atDocumentMarker() && cursor.peek() !== 35) {
    const from = cursor.position;
    skipCharacters(cursor, context.inFlow);
    if (cursor.position > from) {
      text += gap + cursor.since(from);
      end = cursor.position;
      gap = "";
      broken = false;
    }
    const code = cursor.peek();
    if (!isBlank(code) && !isBreak(code)) break;
    const space = takeGap(cursor, start, context.indent);
    gap = space.text;
    broken = space.broken;
    if (!context.inFlow && cursor.column < context.indent) break;
  }
  return { text, end, broken };
}

/** Moves over the characters of one word. */
function skipCharacters(cursor: Cursor, inFlow: boolean): void {
  for (;;) {
    const code = cursor.peek();
    if (isSpaceOrEnd(code)) return;
    if (code === 58 && isSpaceOrEnd(cursor.peek(1))) return;
    if (inFlow && endsFlowScalar(code)) return;
    cursor.position += 1;
  }
}

/** `,` `?` `[` `]` `{` `}` */
function endsFlowScalar(code: number): boolean {
  return code === 44 || code === 63 || code === 91 || code === 93 || code === 123 || code === 125;
}

/** Blanks and line breaks between two words, and what they stand for. */
function takeGap(
  cursor: Cursor,
  scalarStart: number,
  indent: number,
): { readonly text: string; readonly broken: boolean } {
  const start = cursor.position;
  let firstBreak = "";
  let moreBreaks = "";
  let broken = false;
  for (;;) {
    const code = cursor.peek();
    if (isBlank(code)) {
      if (broken && code === 9 && cursor.column < indent) {
        throw new YamlSyntaxError("a tab stands where the indentation needs spaces", scalarStart);
      }
      cursor.position += 1;
    } else if (isBreak(code)) {
      if (broken) moreBreaks += cursor.takeBreak();
      else firstBreak = cursor.takeBreak();
      broken = true;
    } else {
      const text = broken ? foldBreaks(firstBreak, moreBreaks) : cursor.since(start);
      return { text, broken };
    }
  }
}
