/**
 * A text → its documents, cut where kubectl cuts them.
 *
 * kubectl splits at lines that begin with `---` before any YAML is read, and reads each piece by itself. A text that
 * begins with `{` is tried as JSON first: one object after the other; at the first failure it goes on as YAML.
 */

import type { Result } from "../result.ts";
import { err, ok } from "../result.ts";
import type { YamlLimits } from "./composer.ts";
import { Constructor } from "./constructor.ts";
import { takeJsonObject } from "./json-documents.ts";
import type { EscapeRules } from "./quoted-scalar.ts";
import type { YamlProblem, YamlValue } from "./read-yaml.ts";
import { composeYaml, readYamlInSlices } from "./read-yaml.ts";

/** One document; all offsets count from the start of the whole text. */
export interface StreamDocument {
  readonly start: number;
  readonly end: number;
  readonly language: EscapeRules;
  readonly result: Result<YamlValue, YamlProblem>;
}

/** How far kubectl looks for the `{` of JSON. */
const guessLength = 4096;

/** What Go's unicode package counts as space: with U+0085, without U+FEFF. */
const space = String.raw`[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const beginsJson = new RegExp(`^${space}*\\{`);
const spaces = new RegExp(`${space}*`, "y");
const blankOrComment = new RegExp(`^${space}*(?:#|$)`);

/** Yields the documents of a text in order, and undefined where a pause is welcome. Never throws. */
export function* readDocuments(
  text: string,
  limits: YamlLimits,
): Generator<StreamDocument | undefined, void, undefined> {
  let position = 0;
  if (beginsJson.test(text.slice(0, guessLength))) {
    for (let count = 0; ; count += 1) {
      position = skipSpace(text, position);
      if (position === text.length) return;
      const found = takeJsonDocument(text, position, limits);
      if (found !== undefined) {
        yield found;
        if (!found.result.ok) return;
        position = found.end;
      } else if (count > 1) {
        yield failed(
          "json",
          { position, end: text.length },
          "this is not JSON, as all before it was",
        );
        return;
      } else break;
    }
  }
  yield* readYamlDocuments(text, position, limits);
}

function skipSpace(text: string, from: number): number {
  spaces.lastIndex = from;
  return from + (spaces.exec(text)?.[0].length ?? 0);
}

function failed(
  language: EscapeRules,
  at: { readonly position: number; readonly end: number },
  message: string,
  code: YamlProblem["code"] = "syntax",
): StreamDocument {
  const result = err({ code, message, offset: at.position });
  return { start: at.position, end: at.end, language, result };
}

function takeJsonDocument(
  text: string,
  position: number,
  limits: YamlLimits,
): StreamDocument | undefined {
  if (text.charCodeAt(position) !== 123) return undefined;
  const found = takeJsonObject(text, position, limits);
  if (found === undefined) return undefined;
  if ("message" in found) {
    const at = { position, end: text.length };
    return failed("json", at, found.message, found.code);
  }
  const { start, end, value } = found;
  const duplicates = found.hasDuplicates ? findDuplicates(text.slice(start, end), limits) : [];
  const moved = duplicates.map(({ key, offset }) => ({ key, offset: offset + start }));
  const result = ok({ value, duplicates: moved, trailing: undefined });
  return { start, end, language: "json", result };
}

function findDuplicates(text: string, limits: YamlLimits): YamlValue["duplicates"] {
  const root = composeYaml(text, limits, "json");
  if (!root.ok || root.value === undefined) return [];
  const constructor = new Constructor(limits);
  constructor.document(root.value);
  return constructor.duplicates;
}

function* readYamlDocuments(
  text: string,
  from: number,
  limits: YamlLimits,
): Generator<StreamDocument | undefined, void, undefined> {
  for (const piece of cutYaml(text, from)) {
    if (piece.message === undefined) yield* readYamlDocument(text, piece, limits);
    else yield failed("yaml", { position: piece.start, end: piece.end }, piece.message);
  }
}

interface Piece {
  readonly start: number;
  readonly end: number;
  /** What is wrong with the separator that this piece is. */
  readonly message?: string;
}

/** The pieces between `---` lines. A `---` with nothing before it stays in its piece, where it does no harm. */
function* cutYaml(text: string, from: number): Generator<Piece, void, undefined> {
  let start = from;
  for (let at = nextSeparator(text, from); at >= 0; ) {
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const next = Math.min(end + 1, text.length);
    if (!blankOrComment.test(text.slice(at + 3, end))) {
      // kubectl gives up here, and does not even read the piece before it.
      yield { start: at, end, message: "only a comment may follow '---' on its line" };
      start = next;
    } else if (at > start) {
      yield { start, end: at };
      start = next;
    }
    at = lineEnd < 0 ? -1 : nextSeparator(text, end + 1);
  }
  if (start < text.length) yield { start, end: text.length };
}

/** The start of the next line that begins with `---`; `from` is the start of a line. */
function nextSeparator(text: string, from: number): number {
  if (text.startsWith("---", from)) return from;
  const found = text.indexOf("\n---", from);
  return found < 0 ? -1 : found + 1;
}

function* readYamlDocument(
  text: string,
  piece: Piece,
  limits: YamlLimits,
): Generator<StreamDocument | undefined, void, undefined> {
  const { start, end } = piece;
  const result = yield* readYamlInSlices(text.slice(start, end), limits);
  yield { start, end, language: "yaml", result: moveResult(result, start) };
}

/** The same with offsets that count from the start of the whole text. */
function moveResult(
  result: Result<YamlValue, YamlProblem>,
  by: number,
): Result<YamlValue, YamlProblem> {
  if (!result.ok) return err({ ...result.error, offset: result.error.offset + by });
  const { value, duplicates, trailing } = result.value;
  const moved = duplicates.map(({ key, offset }) => ({ key, offset: offset + by }));
  return ok({
    value,
    duplicates: moved,
    trailing: trailing === undefined ? undefined : trailing + by,
  });
}
