/**
 * Parsers from unknown data to typed values, as small combinators.
 *
 * Each parser reports every problem it meets with its path and goes on with what is usable; a field that no parser
 * names is reported as unknown, so that nothing a user wrote is dropped in silence. A parser also tells what it accepts, as
 * its shape.
 */

import type { Json, JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";
import { anyShape, integerShape, type Shape } from "./shape.ts";

/** One thing wrong with a value. `unknown` marks a field that its kind does not have. */
export interface Problem {
  readonly path: string;
  readonly problem: "invalid" | "missing" | "unknown";
  readonly message: string;
}

/** Where a parser is, and where it puts what it finds wrong. */
export interface Reading {
  readonly path: string;
  readonly problems: Problem[];
}

export interface Parser<T> {
  /** Reads `value`; `undefined` when nothing usable is there (a problem was then reported). */
  (value: Json | undefined, reading: Reading): T | undefined;
  /** Absent: it does not tell, and counts as one that accepts anything. */
  readonly shape?: Shape;
}

export type Parsed<P> = P extends Parser<infer T> ? T : never;

function child(reading: Reading, path: string): Reading {
  return { path, problems: reading.problems };
}

function invalid(reading: Reading, message: string): undefined {
  reading.problems.push({ path: reading.path, problem: "invalid", message });
  return undefined;
}

function describe(value: Json | undefined): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value);
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`;
}

function withShape<T>(
  shape: Shape,
  parse: (value: Json | undefined, reading: Reading) => T | undefined,
): Parser<T> {
  return Object.assign(parse, { shape });
}

/** A text. */
export const text: Parser<string> = withShape({ type: "string" }, (value, reading) =>
  typeof value === "string" ? value : invalid(reading, `must be text, but is ${describe(value)}`),
);

/**
 * A text of one form. `pattern` is what Go's regular expressions know, too, anchored at both ends; `message` says what is
 * wrong without the value, which may be secret.
 */
export function textLike(pattern: RegExp, message: string): Parser<string> {
  return withShape({ type: "string", pattern: pattern.source }, (value, reading) =>
    typeof value === "string" && pattern.test(value) ? value : invalid(reading, message),
  );
}

/** true or false. */
export const boolean: Parser<boolean> = withShape({ type: "boolean" }, (value, reading) =>
  typeof value === "boolean"
    ? value
    : invalid(reading, `must be true or false, but is ${describe(value)}`),
);

/** A whole number between `least` and `most`. */
export function integer(
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): Parser<number> {
  return withShape(integerShape(least, most), (value, reading) => {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      return invalid(reading, `must be a whole number, but is ${describe(value)}`);
    }
    if (value < least || value > most) {
      return invalid(reading, `must be between ${least} and ${most}, but is ${value}`);
    }
    return value;
  });
}

/** A whole number or a text, as Kubernetes' IntOrString. */
export const integerOrText: Parser<number | string> = withShape(
  { "x-kubernetes-int-or-string": true },
  (value, reading) =>
    typeof value === "string" || (typeof value === "number" && Number.isInteger(value))
      ? value
      : invalid(reading, `must be a whole number or text, but is ${describe(value)}`),
);

/** One of the listed texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Parser<T> {
  return withShape(
    { type: "string", enum: allowed },
    (value, reading) =>
      allowed.find((candidate) => candidate === value) ??
      invalid(reading, `must be one of ${allowed.join(", ")}, but is ${describe(value)}`),
  );
}

/** Any data, kept as it is. */
export const anything: Parser<Json> = withShape(anyShape, (value) => value ?? null);

function listShape(item: Parser<unknown>): Shape {
  return { type: "array", items: item.shape ?? anyShape };
}

/** A list; items that cannot be used are reported and left out. null counts as the empty list. */
export function list<T>(item: Parser<T>): Parser<readonly T[]> {
  return withShape(listShape(item), (value, reading) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) return invalid(reading, `must be a list, but is ${describe(value)}`);
    const result: T[] = [];
    for (const [index, entry] of (value as readonly Json[]).entries()) {
      const parsed = item(entry, child(reading, `${reading.path}[${index}]`));
      if (parsed !== undefined) result.push(parsed);
    }
    return result;
  });
}

/** A list whose unusable items stay as `undefined`, so that positions keep their meaning. */
export function positionalList<T>(item: Parser<T>): Parser<readonly (T | undefined)[]> {
  return withShape(listShape(item), (value, reading) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) return invalid(reading, `must be a list, but is ${describe(value)}`);
    return (value as readonly Json[]).map((entry, index) =>
      item(entry, child(reading, `${reading.path}[${index}]`)),
    );
  });
}

/** A mapping with free keys; entries that cannot be used are reported and left out. */
export function mapOf<T>(entry: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return withShape(
    { type: "object", additionalProperties: entry.shape ?? anyShape },
    (value, reading) => {
      if (value === null || value === undefined) return {};
      if (!isJsonObject(value))
        return invalid(reading, `must be a mapping, but is ${describe(value)}`);
      const result: [string, T][] = [];
      for (const [key, raw] of Object.entries(value as JsonObject)) {
        const parsed = entry(raw, child(reading, `${reading.path}[${key}]`));
        if (parsed !== undefined) result.push([key, parsed]);
      }
      return Object.fromEntries(result);
    },
  );
}

interface FieldRule<T> {
  readonly parse: Parser<T>;
  readonly presence: "required" | "optional" | "defaulted";
  readonly shape: Shape;
  readonly fallback?: T;
}

function fieldShape(parse: Parser<unknown>, description: string | undefined): Shape {
  const shape = parse.shape ?? anyShape;
  return description === undefined ? shape : { ...shape, description };
}

/** A field that must be there. The description is a sentence for `kubectl explain`. */
export function required<T>(
  parse: Parser<T>,
  description?: string,
): FieldRule<T> & { readonly presence: "required" } {
  return { parse, presence: "required", shape: fieldShape(parse, description) };
}

/** A field that may be absent; null counts as absent. The description is a sentence for `kubectl explain`. */
export function optional<T>(
  parse: Parser<T>,
  description?: string,
): FieldRule<T> & { readonly presence: "optional" };
/** One that has `fallback` when absent: in a cluster the API server already writes it. */
export function optional<T extends Json>(
  parse: Parser<T>,
  description: string,
  fallback: NoInfer<T>,
): FieldRule<T> & { readonly presence: "defaulted" };
/** Both of them. */
export function optional<T extends Json>(
  parse: Parser<T>,
  description?: string,
  fallback?: T,
): FieldRule<T> {
  const shape = fieldShape(parse, description);
  if (fallback === undefined) return { parse, presence: "optional", shape };
  return { parse, presence: "defaulted", shape: { ...shape, default: fallback }, fallback };
}

/** What must hold among the fields of a mapping, said twice: for our parser and for the API server. */
export interface Constraint<T> {
  /** In the Common Expression Language; `self` is the mapping as the user wrote it, defaults filled in. */
  readonly rule: string;
  readonly holds: (value: T) => boolean;
  readonly message: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the value type is inferred field by field below
type Rules = Readonly<Record<string, FieldRule<any>>>;
type RequiredNames<R extends Rules> = {
  [K in keyof R]: R[K]["presence"] extends "optional" ? never : K;
}[keyof R];
type FieldValue<F> = F extends FieldRule<infer T> ? T : never;
export type Fields<R extends Rules> = { readonly [K in RequiredNames<R>]: FieldValue<R[K]> } & {
  readonly [K in Exclude<keyof R, RequiredNames<R>>]?: FieldValue<R[K]>;
};

function fieldsShape(rules: Rules, constraints: readonly Constraint<never>[]): Shape {
  const entries = Object.entries(rules);
  const needed = entries.filter(([, rule]) => rule.presence === "required").map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, rule]) => [name, rule.shape])),
    ...(needed.length > 0 ? { required: needed } : {}),
    ...(constraints.length > 0
      ? { "x-kubernetes-validations": constraints.map(({ rule, message }) => ({ rule, message })) }
      : {}),
    // What is not known is kept, so that we can report it.
    "x-kubernetes-preserve-unknown-fields": true,
  };
}

/** The value of one field; `unusable` when it makes the whole mapping so. */
function readField(
  source: JsonObject,
  [name, rule]: readonly [string, Rules[string]],
  reading: Reading,
): { readonly value: unknown } | "unusable" {
  const raw = Object.hasOwn(source, name) ? source[name] : undefined;
  const isAbsent = raw === undefined || raw === null;
  // Most fields are: nothing is to cost anything for them.
  if (isAbsent && rule.presence !== "required") return { value: rule.fallback };
  const path = joinPath(reading.path, name);
  if (isAbsent) {
    reading.problems.push({ path, problem: "missing", message: "is required" });
    return "unusable";
  }
  const value: unknown = rule.parse(raw, child(reading, path));
  return value === undefined && rule.presence !== "optional" ? "unusable" : { value };
}

/**
 * A mapping with the named fields. Unknown fields are reported. A required field that is missing makes the whole value
 * unusable, and so does one that cannot be used and is required or has a default; another optional field that cannot be
 * used is reported and counts as absent. A value that breaks a constraint is unusable.
 */
export function fields<R extends Rules>(
  rules: R,
  ...constraints: readonly Constraint<Fields<R>>[]
): Parser<Fields<R>> {
  const entries = Object.entries(rules);
  return withShape(fieldsShape(rules, constraints), (value, reading) => {
    if (!isJsonObject(value))
      return invalid(reading, `must be a mapping, but is ${describe(value)}`);
    const source = value as JsonObject;
    const result: [string, unknown][] = [];
    let usable = true;
    for (const entry of entries) {
      const read = readField(source, entry, reading);
      if (read === "unusable") usable = false;
      else if (read.value !== undefined) result.push([entry[0], read.value]);
    }
    for (const name of Object.keys(source)) {
      if (Object.hasOwn(rules, name)) continue;
      reading.problems.push({
        path: joinPath(reading.path, name),
        problem: "unknown",
        message: "is not a field of this kind",
      });
    }
    if (!usable) return undefined;
    const known = Object.fromEntries(result) as Fields<R>;
    const broken = constraints.filter(({ holds }) => !holds(known));
    for (const { message } of broken) invalid(reading, message);
    return broken.length === 0 ? known : undefined;
  });
}

/**
 * A parser whose value must also satisfy checks that only we make: below lists without a greatest length the API server
 * refuses a rule of its own, as it cannot bound what it costs. A value that breaks one, or that has anything wrong in it,
 * is unusable.
 */
export function checked<T>(
  parse: Parser<T>,
  ...checks: readonly Omit<Constraint<T>, "rule">[]
): Parser<T> {
  return withShape(parse.shape ?? anyShape, (value, reading) => {
    const wrongBefore = countWrong(reading);
    const parsed = parse(value, reading);
    if (parsed === undefined || countWrong(reading) > wrongBefore) return undefined;
    const broken = checks.filter(({ holds }) => !holds(parsed));
    for (const { message } of broken) invalid(reading, message);
    return broken.length === 0 ? parsed : undefined;
  });
}

function countWrong({ problems }: Reading): number {
  return problems.filter(({ problem }) => problem !== "unknown").length;
}

/** `spec` + `rules` = `spec.rules`; names that hold dots, slashes or brackets are put in brackets. */
export function joinPath(path: string, name: string): string {
  if (/^[A-Za-z_][\w-]*$/.test(name)) return path === "" ? name : `${path}.${name}`;
  return `${path}[${name}]`;
}
