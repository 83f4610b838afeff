/**
 * What a YAML scalar means: YAML 1.1 types as Go's yaml.v2 knows them.
 *
 * `yes`, `on` and `y` are true, `0400` is 256, `0o17`, `0x1f`, `0b11` and `1_000` are numbers, `22:22` and dates are text.
 */

import type { ScalarNode } from "./node.ts";
import { shortTag, standardTag } from "./tag.ts";

/** A bigint only where a number cannot hold the value exactly. */
export type ScalarValue = null | boolean | number | bigint | string;

export type ScalarType = "null" | "bool" | "int" | "float" | "timestamp" | "str" | "other";

export interface Resolved {
  readonly type: ScalarType;
  readonly value: ScalarValue;
}

const words: ReadonlyMap<string, Resolved> = new Map(
  Object.entries({
    null: ["", "~", "null", "Null", "NULL"],
    true: ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"],
    false: ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"],
    nan: [".nan", ".NaN", ".NAN"],
    infinity: [".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"],
    "-infinity": ["-.inf", "-.Inf", "-.INF"],
  }).flatMap(([meaning, texts]) => texts.map((text) => [text, meaningOf(meaning)] as const)),
);

function meaningOf(word: string): Resolved {
  if (word === "null") return { type: "null", value: null };
  if (word === "true" || word === "false") return { type: "bool", value: word === "true" };
  if (word === "nan") return { type: "float", value: Number.NaN };
  return { type: "float", value: word === "infinity" ? Infinity : -Infinity };
}

const typesOfTags: Readonly<Record<string, ScalarType>> = Object.fromEntries(
  (["null", "bool", "int", "float", "timestamp", "str"] as const).map((type) => [
    standardTag(type),
    type,
  ]),
);

/** The type that tag `!!binary` marks: text in base64. */
export const binaryTag = standardTag("binary");
/** The tag of `<<`. */
export const mergeTag = standardTag("merge");

/** The value of a scalar, or the sentence that says why its tag does not fit. */
export function resolveScalar(node: ScalarNode): Resolved | string {
  if (node.tag === "") return node.implicit ? resolvePlain(node.text) : asText(node.text);
  const wanted = typesOfTags[node.tag];
  // A tag that means nothing here leaves the text as it is.
  if (wanted === undefined) return { type: "other", value: node.text };
  if (wanted === "str") return asText(node.text);
  const found = wanted === "timestamp" ? resolveTimestamp(node.text) : resolvePlain(node.text);
  if (found.type === wanted) return found;
  if (wanted === "float" && found.type === "int" && !isUnsigned(found.value)) {
    return { type: "float", value: Number(found.value) };
  }
  return `${JSON.stringify(node.text.slice(0, 60))} does not fit its tag ${shortTag(node.tag)}`;
}

function asText(text: string): Resolved {
  return { type: "str", value: text };
}

function resolvePlain(text: string): Resolved {
  const known = words.get(text);
  if (known !== undefined) return known;
  const first = text.charCodeAt(0);
  if (first === 46) return resolveFraction(text);
  const mayBeNumber = (first >= 48 && first <= 57) || first === 43 || first === 45;
  return mayBeNumber ? resolveNumber(text) : asText(text);
}

/** `.5` and the like; here underscores stand between digits only. */
function resolveFraction(text: string): Resolved {
  const fits = /^\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?$/.test(text);
  return fits ? resolveFloat(text.replaceAll("_", ""), text) : asText(text);
}

function resolveNumber(text: string): Resolved {
  const digits = text.includes("_") ? text.replaceAll("_", "") : text;
  const integer = readInteger(digits);
  if (integer !== undefined) return { type: "int", value: integer };
  if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits)) {
    return resolveFloat(digits, text);
  }
  const signed = /^(-?)0b([-+]?[01]+)$/.exec(digits);
  const bits = signed === null ? undefined : readBinary(signed[1] ?? "", signed[2] ?? "");
  return bits === undefined ? asText(text) : { type: "int", value: bits };
}

function resolveFloat(digits: string, text: string): Resolved {
  const value = Number(digits);
  return Number.isFinite(value) ? { type: "float", value } : asText(text);
}

const leastInteger = -(2n ** 63n);
const mostSigned = 2n ** 63n - 1n;
const mostUnsigned = 2n ** 64n - 1n;

/** Go's ParseInt and ParseUint with base 0: prefixes 0x, 0o, 0b, and 0 alone for octal. */
function readInteger(digits: string): number | bigint | undefined {
  const match = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(
    digits,
  );
  if (match === null) return undefined;
  const [, sign = "", hexadecimal, binary, octal, decimal = ""] = match;
  const magnitude =
    hexadecimal !== undefined
      ? readDigits("0x", hexadecimal, 16)
      : binary !== undefined
        ? readDigits("0b", binary, 64)
        : octal !== undefined
          ? readDigits("0o", octal, 22)
          : readDigits("", decimal, 20);
  if (magnitude === undefined) return undefined;
  return inRange(sign, magnitude);
}

/** The number that digits stand for; undefined when there are more than any 64-bit number has. Most need no bigint. */
function readDigits(
  prefix: string,
  digits: string,
  mostDigits: number,
): number | bigint | undefined {
  if (digits.length < 11) return Number(prefix + digits);
  const significant = digits.replace(/^0+(?=.)/, "");
  return significant.length > mostDigits ? undefined : BigInt(prefix + significant);
}

function inRange(sign: string, magnitude: number | bigint): number | bigint | undefined {
  if (typeof magnitude === "number") return sign === "-" ? 0 - magnitude : magnitude;
  const value = sign === "-" ? -magnitude : magnitude;
  if (value < leastInteger || value > (sign === "" ? mostUnsigned : mostSigned)) return undefined;
  return narrow(value);
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** What yaml.v2 makes of `0b` when Go's own reading failed: a second sign is allowed behind it. */
function readBinary(sign: string, digits: string): number | bigint | undefined {
  if (sign === "-" && /^[-+]/.test(digits)) return undefined;
  const negative = sign === "-" || digits.startsWith("-");
  const magnitude = readDigits("0b", digits.replace(/^[-+]/, ""), 64);
  if (magnitude === undefined) return undefined;
  return inRange(negative ? "-" : digits.startsWith("+") ? "+" : "", magnitude);
}

/** Integers above 2⁶³-1, which yaml.v2 keeps apart. */
export function isUnsigned(value: ScalarValue): boolean {
  return typeof value === "bigint" && value > mostSigned;
}

/** The forms of http://yaml.org/type/timestamp.html that yaml.v2 takes; the value stays text. */
function resolveTimestamp(text: string): Resolved {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/.exec(
      text,
    );
  if (match === null) return resolvePlain(text);
  const [year, month, day, ...times] = match.slice(1).map((part) => Number(part ?? 0));
  const [hour = 0, minute = 0, second = 0] = [0, 1, 2].map(
    (index) => (times[index] ?? 0) + (times[index + 3] ?? 0),
  );
  const fine = isDate(year ?? 0, month ?? 0, day ?? 0) && hour < 24 && minute < 60 && second < 60;
  return fine ? { type: "timestamp", value: text } : asText(text);
}

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day <= days;
}
