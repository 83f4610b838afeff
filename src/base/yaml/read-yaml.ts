/** One YAML document → JSON with the values that kubectl would read, or the place and reason of what is wrong with it. */

import type { Json } from "../json.ts";
import type { Result } from "../result.ts";
import { err, ok } from "../result.ts";
import type { Composed, YamlLimits } from "./composer.ts";
import { Composer } from "./composer.ts";
import type { DuplicateKey } from "./constructor.ts";
import { Constructor } from "./constructor.ts";
import type { YamlNode } from "./node.ts";
import type { EscapeRules } from "./quoted-scalar.ts";
import { YamlSyntaxError } from "./syntax-error.ts";

export interface YamlValue {
  /** null when the text holds no document. */
  readonly value: Json;
  readonly duplicates: readonly DuplicateKey[];
  /** Where something stands behind the end of the document (`...` or a whole value): it is not read. */
  readonly trailing: number | undefined;
}

export interface YamlProblem {
  /** `limit` when the text may be fine but is too large for us. */
  readonly code: "syntax" | "limit";
  /** Lower case, no period. */
  readonly message: string;
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
}

export const defaultYamlLimits: YamlLimits = { maxNodes: 2_000_000, maxDepth: 256 };

/** Nodes between two pauses. */
const stepsPerSlice = 2000;

/** Reads the first document of `text`. Never throws. */
export function readYaml(
  text: string,
  limits: YamlLimits = defaultYamlLimits,
): Result<YamlValue, YamlProblem> {
  return drain(readYamlInSlices(text, limits));
}

/** {@link readYaml} that pauses now and then, so that a large document does not keep everything else waiting. */
export function* readYamlInSlices(
  text: string,
  limits: YamlLimits,
): Generator<undefined, Result<YamlValue, YamlProblem>, undefined> {
  try {
    const { root, trailing } = yield* composeInSlices(text, limits, "yaml");
    const constructor = new Constructor(limits);
    const value = root === undefined ? null : constructor.document(root);
    return ok({ value, duplicates: constructor.duplicates, trailing });
  } catch (error) {
    return err(problemOf(error));
  }
}

/** The nodes of the first document of `text`, for looking up places. Never throws. */
export function composeYaml(
  text: string,
  limits: YamlLimits,
  language: EscapeRules,
): Result<YamlNode | undefined, YamlProblem> {
  try {
    return ok(drain(composeInSlices(text, limits, language)).root);
  } catch (error) {
    return err(problemOf(error));
  }
}

function* composeInSlices(
  text: string,
  limits: YamlLimits,
  language: EscapeRules,
): Generator<undefined, Composed, undefined> {
  if (language === "yaml") checkCharacters(text);
  // The last line is read as if it ended, as kubectl does.
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  const composer = new Composer(whole, limits, language);
  while (!composer.advance(stepsPerSlice)) yield undefined;
  return composer.finish();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that YAML 1.1 §4.1.1 forbids
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]/u;

function checkCharacters(text: string): void {
  const match = forbidden.exec(text);
  if (match === null) return;
  const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw new YamlSyntaxError(`the control character U+${code} cannot be in YAML`, match.index);
}

function problemOf(error: unknown): YamlProblem {
  if (!(error instanceof YamlSyntaxError)) throw error;
  return { code: error.code, message: error.message, offset: error.offset };
}

/** Runs a sliced computation to its end without pausing. */
export function drain<T>(slices: Generator<undefined, T, undefined>): T {
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
  }
}
