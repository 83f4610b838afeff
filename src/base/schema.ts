/**
 * Parsers from unknown data to typed values, as small combinators.
 *
 * Each parser reports every problem it meets with its path and goes on with what is usable; a field that no parser
 * names is reported as unknown, so that nothing a user wrote is dropped in silence.
 */

import type { Json, JsonObject } from "./json.ts";
import { isJsonObject } from "./json.ts";

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

/** Reads `value`; `undefined` when nothing usable is there (a problem was then reported). */
export type Parser<T> = (value: Json | undefined, reading: Reading) => T | undefined;

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

/** A text. */
export const text: Parser<string> = (value, reading) =>
  typeof value === "string" ? value : invalid(reading, `must be text, but is ${describe(value)}`);

/** true or false. */
export const boolean: Parser<boolean> = (value, reading) =>
  typeof value === "boolean"
    ? value
    : invalid(reading, `must be true or false, but is ${describe(value)}`);

/** A whole number between `least` and `most`. */
export function integer(
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): Parser<number> {
  return (value, reading) => {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      return invalid(reading, `must be a whole number, but is ${describe(value)}`);
    }
    if (value < least || value > most) {
      return invalid(reading, `must be between ${least} and ${most}, but is ${value}`);
    }
    return value;
  };
}

/** A whole number or a text, as Kubernetes' IntOrString. */
export const integerOrText: Parser<number | string> = (value, reading) =>
  typeof value === "string" || (typeof value === "number" && Number.isInteger(value))
    ? value
    : invalid(reading, `must be a whole number or text, but is ${describe(value)}`);

/** One of the listed texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Parser<T> {
  return (value, reading) =>
    allowed.find((candidate) => candidate === value) ??
    invalid(reading, `must be one of ${allowed.join(", ")}, but is ${describe(value)}`);
}

/** Any data, kept as it is. */
export const anything: Parser<Json> = (value) => value ?? null;

/** A list; items that cannot be used are reported and left out. null counts as the empty list. */
export function list<T>(item: Parser<T>): Parser<readonly T[]> {
  return (value, reading) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) return invalid(reading, `must be a list, but is ${describe(value)}`);
    const result: T[] = [];
    for (const [index, entry] of (value as readonly Json[]).entries()) {
      const parsed = item(entry, child(reading, `${reading.path}[${index}]`));
      if (parsed !== undefined) result.push(parsed);
    }
    return result;
  };
}

/** A list whose unusable items stay as `undefined`, so that positions keep their meaning. */
export function positionalList<T>(item: Parser<T>): Parser<readonly (T | undefined)[]> {
  return (value, reading) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) return invalid(reading, `must be a list, but is ${describe(value)}`);
    return (value as readonly Json[]).map((entry, index) =>
      item(entry, child(reading, `${reading.path}[${index}]`)),
    );
  };
}

/** A mapping with free keys; entries that cannot be used are reported and left out. */
export function mapOf<T>(entry: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, reading) => {
    if (value === null || value === undefined) return {};
    if (!isJsonObject(value))
      return invalid(reading, `must be a mapping, but is ${describe(value)}`);
    const result: [string, T][] = [];
    for (const [key, raw] of Object.entries(value as JsonObject)) {
      const parsed = entry(raw, child(reading, `${reading.path}[${key}]`));
      if (parsed !== undefined) result.push([key, parsed]);
    }
    return Object.fromEntries(result);
  };
}

interface FieldRule<T> {
  readonly parse: Parser<T>;
  readonly presence: "required" | "optional";
}

/** A field that must be there. */
export function required<T>(parse: Parser<T>): FieldRule<T> & { readonly presence: "required" } {
  return { parse, presence: "required" };
}

/** A field that may be absent; null counts as absent. */
export function optional<T>(parse: Parser<T>): FieldRule<T> & { readonly presence: "optional" } {
  return { parse, presence: "optional" };
}

// biome-ignore lint/suspicious/noExplicitAny: the value type is inferred field by field below
type Rules = Readonly<Record<string, FieldRule<any>>>;
type RequiredNames<R extends Rules> = {
  [K in keyof R]: R[K]["presence"] extends "required" ? K : never;
}[keyof R];
type FieldValue<F> = F extends FieldRule<infer T> ? T : never;
export type Fields<R extends Rules> = { readonly [K in RequiredNames<R>]: FieldValue<R[K]> } & {
  readonly [K in Exclude<keyof R, RequiredNames<R>>]?: FieldValue<R[K]>;
};

/**
 * A mapping with the named fields. Unknown fields are reported. A missing or unusable required field makes the whole
 * value unusable; an unusable optional field is reported and counts as absent.
 */
export function fields<R extends Rules>(rules: R): Parser<Fields<R>> {
  return (value, reading) => {
    if (!isJsonObject(value))
      return invalid(reading, `must be a mapping, but is ${describe(value)}`);
    const source = value as JsonObject;
    const result: [string, unknown][] = [];
    let usable = true;
    for (const [name, rule] of Object.entries(rules)) {
      const raw = Object.hasOwn(source, name) ? source[name] : undefined;
      const path = joinPath(reading.path, name);
      if (raw === undefined || raw === null) {
        if (rule.presence === "required") {
          reading.problems.push({ path, problem: "missing", message: "is required" });
          usable = false;
        }
        continue;
      }
      const parsed = rule.parse(raw, child(reading, path));
      if (parsed !== undefined) result.push([name, parsed]);
      else if (rule.presence === "required") usable = false;
    }
    for (const name of Object.keys(source)) {
      if (Object.hasOwn(rules, name)) continue;
      reading.problems.push({
        path: joinPath(reading.path, name),
        problem: "unknown",
        message: "is not a field of this kind",
      });
    }
    return usable ? (Object.fromEntries(result) as Fields<R>) : undefined;
  };
}

/** `spec` + `rules` = `spec.rules`; names that hold dots, slashes or brackets are put in brackets. */
export function joinPath(path: string, name: string): string {
  if (/^[A-Za-z_][\w-]*$/.test(name)) return path === "" ? name : `${path}.${name}`;
  return `${path}[${name}]`;
}
