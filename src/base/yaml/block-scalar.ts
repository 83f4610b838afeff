/** Literal (`|`) and folded (`>`) YAML scalars. */

import type { Cursor } from "./cursor.ts";
import { isBlank, isBreakOrEnd, isDigit } from "./cursor.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

const tab = 9;
const space = 32;

interface Header {
  readonly folded: boolean;
  /** What happens to line breaks at the end. */
  readonly chomping: "strip" | "clip" | "keep";
  /** Indentation beyond the parent's, 0 when the content decides. */
  readonly increment: number;
}

/** Reads the scalar whose `|` or `>` is under the cursor; `parentIndent` is -1 at the top of a document. */
export function takeBlock(cursor: Cursor, parentIndent: number): string {
  const start = cursor.position;
  const header = takeHeader(cursor);
  const given = header.increment > 0 ? Math.max(parentIndent, 0) + header.increment : 0;
  const lead = takeEmptyLines(cursor, { start, indent: given, parentIndent });
  return takeLines(cursor, { ...header, ...lead, start, parentIndent });
}

function takeHeader(cursor: Cursor): Header {
  const start = cursor.position;
  const folded = cursor.peek() === 62;
  cursor.position += 1;
  let chomping = takeChomping(cursor);
  const increment = takeIncrement(cursor, start);
  if (chomping === "clip" && increment > 0) chomping = takeChomping(cursor);
  cursor.skipBlanks();
  if (cursor.peek() === 35) cursor.skipToBreak();
  if (!isBreakOrEnd(cursor.peek())) {
    throw new YamlSyntaxError("a block text (| or >) begins on the line after its sign", start);
  }
  cursor.takeBreak();
  return { folded, chomping, increment };
}

function takeChomping(cursor: Cursor): Header["chomping"] {
  const code = cursor.peek();
  if (code !== 43 && code !== 45) return "clip";
  cursor.position += 1;
  return code === 43 ? "keep" : "strip";
}

function takeIncrement(cursor: Cursor, start: number): number {
  if (!isDigit(cursor.peek())) return 0;
  const increment = cursor.peek() - 48;
  if (increment === 0) {
    throw new YamlSyntaxError("the indentation of a block text cannot be 0", start);
  }
  cursor.position += 1;
  return increment;
}

interface Lead {
  readonly indent: number;
  readonly breaks: string;
}

/** Empty lines before content; finds the indentation when it is not yet known (0). */
function takeEmptyLines(
  cursor: Cursor,
  at: { readonly start: number; readonly indent: number; readonly parentIndent: number },
): Lead {
  const { indent } = at;
  let breaks = "";
  let deepest = 0;
  for (;;) {
    while ((indent === 0 || cursor.column < indent) && cursor.peek() === space) {
      cursor.position += 1;
    }
    deepest = Math.max(deepest, cursor.column);
    if ((indent === 0 || cursor.column < indent) && cursor.peek() === tab) {
      throw new YamlSyntaxError("a tab stands where the indentation needs spaces", at.start);
    }
    const taken = cursor.takeBreak();
    if (taken === "") break;
    breaks += taken;
  }
  return { indent: indent === 0 ? Math.max(deepest, at.parentIndent + 1, 1) : indent, breaks };
}

type Body = Header & Lead & { readonly start: number; readonly parentIndent: number };

function takeLines(cursor: Cursor, body: Body): string {
  const parts: string[] = [];
  let breaks = body.breaks;
  let lineBreak = "";
  let afterIndented = false;
  while (cursor.column === body.indent && cursor.peek() !== 0) {
    const indented = isBlank(cursor.peek());
    const folds = body.folded && !afterIndented && !indented && lineBreak === "\n";
    if (!folds) parts.push(lineBreak);
    else if (breaks === "") parts.push(" ");
    parts.push(breaks);
    afterIndented = indented;
    const from = cursor.position;
    cursor.skipToBreak();
    parts.push(cursor.since(from));
    lineBreak = cursor.takeBreak();
    breaks = takeEmptyLines(cursor, body).breaks;
  }
  if (body.chomping !== "strip") parts.push(lineBreak);
  if (body.chomping === "keep") parts.push(breaks);
  return parts.join("");
}
