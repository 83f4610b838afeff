/** JSON objects one after the other in a text, as Go's JSON decoder takes them for kubectl. */

import type { Json } from "../json.ts";
import type { YamlLimits } from "./composer.ts";

/** A JSON object found in a text. */
export interface JsonDocument {
  readonly start: number;
  readonly end: number;
  readonly value: Json;
  /** Fewer keys were read than were written: some stand twice. */
  readonly hasDuplicates: boolean;
}

/** A JSON object that cannot be used. */
export interface JsonProblem {
  readonly code: "syntax" | "limit";
  readonly message: string;
}

/** The object that begins at `start`; undefined when that is not JSON. */
export function takeJsonObject(
  text: string,
  start: number,
  limits: YamlLimits,
): JsonDocument | JsonProblem | undefined {
  const outline = outlineObject(text, start);
  if (outline === undefined) return undefined;
  if (outline.depth > limits.maxDepth) {
    return { code: "limit", message: `nested deeper than ${limits.maxDepth} levels` };
  }
  if (outline.separators > limits.maxNodes) {
    return { code: "limit", message: `more than ${limits.maxNodes} values in one document` };
  }
  try {
    const parsed: Json = JSON.parse(text.slice(start, outline.end));
    const counted = { keys: 0 };
    const value = normalise(parsed, counted);
    if (value === undefined) return { code: "syntax", message: "a number is too large" };
    return { start, end: outline.end, value, hasDuplicates: counted.keys < outline.keys };
  } catch (error) {
    // The caller tries the same text as YAML.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Outline {
  readonly end: number;
  readonly depth: number;
  readonly keys: number;
  readonly separators: number;
}

/** Where the brackets that open at `start` close, found without reading values. */
function outlineObject(text: string, start: number): Outline | undefined {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  let separators = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = endOfText(text, at);
    } else if (code === 123 || code === 91) {
      depth += 1;
      separators += 1;
      deepest = Math.max(deepest, depth);
    } else if (code === 125 || code === 93) {
      depth -= 1;
      if (depth === 0) return { end: at + 1, depth: deepest, keys, separators };
    } else if (code === 44 || code === 58) {
      separators += 1;
      if (code === 58) keys += 1;
    }
  }
  return undefined;
}

/** Where the quoted text that begins at `start` ends. */
function endOfText(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at;
}

/** True behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === 92) first -= 1;
  return (at - first) % 2 === 1;
}

/** Lone surrogates become U+FFFD; undefined when a number is beyond a 64-bit float. Both as Go has it. */
function normalise(value: Json, counted: { keys: number }): Json | undefined {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value === null || typeof value === "boolean") return value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => normalise(item, counted));
    return items.includes(undefined) ? undefined : items.filter((item) => item !== undefined);
  }
  const entries: [string, Json][] = [];
  for (const [key, field] of Object.entries(value)) {
    counted.keys += 1;
    const clean = field === undefined ? undefined : normalise(field, counted);
    if (clean === undefined) return undefined;
    entries.push([key.toWellFormed(), clean]);
  }
  return Object.fromEntries(entries);
}
