/** Paths of routes, which are nginx locations: `/p`, `=/p`, `^~/p`, `~ re` and `~* re`. */

import { parseRe2 } from "#base/re2.ts";
import { err, ok, type Result } from "#base/result.ts";
import { type Report, refuses, requires } from "../../report.ts";

export type Location =
  | { readonly kind: "exact"; readonly path: string }
  /** `isFinal`: when it is the longest prefix, no pattern is tried (`^~`). */
  | { readonly kind: "prefix"; readonly path: string; readonly isFinal: boolean }
  | { readonly kind: "pattern"; readonly regex: string; readonly anyCase: boolean };

/** The location of a path; undefined after a complaint. */
export function parsePath(
  text: string | undefined,
  at: string,
  report: Report,
): Location | undefined {
  if (text === undefined || text === "") return requires(report, at);
  const [, modifier = "", rest = ""] = /^(~\*|~|\^~|=)?\s*(.*)$/s.exec(text) ?? [];
  switch (modifier) {
    case "~":
    case "~*":
      return { kind: "pattern", regex: unescape(rest), anyCase: modifier === "~*" };
    case "=":
      return checkPath(rest, text, at, report) && { kind: "exact", path: rest };
    case "^~":
      return checkPath(rest, text, at, report) && { kind: "prefix", path: rest, isFinal: true };
    default:
      if (!text.startsWith("/")) return refuses(report, at, text, "must start with /, ~, = or ^~");
      return checkPath(text, text, at, report) && { kind: "prefix", path: text, isFinal: false };
  }
}

/** The identity of a location: two routes of one host with equal texts cannot both be. */
export function formatLocation(location: Location): string {
  switch (location.kind) {
    case "exact":
      return `=${location.path}`;
    case "prefix":
      return location.path;
    case "pattern":
      return `~${location.anyCase ? "*" : ""}${location.regex}`;
  }
}

/**
 * The pattern as RE2, for whole paths: nginx looks for it anywhere in a path. The error says what of PCRE ("Perl
 * compatible", which nginx has) RE2 does not have.
 */
export function wholePattern({ regex, anyCase }: PatternLocation): Result<string, string> {
  const re2 = regex.replace(/\(\?<(?=[A-Za-z_])/g, "(?P<");
  const own = parseRe2(re2);
  if (!own.ok) return err(own.error);
  const pattern = `${anyCase ? "(?i)" : ""}${anywhere(re2)}`;
  const whole = parseRe2(pattern);
  return whole.ok ? ok(pattern) : err(whole.error);
}

/** The same, tried from the beginning of the path, as the pattern of a rewrite is. */
export function wholePatternFromStart({ regex, anyCase }: PatternLocation): string {
  const re2 = regex.replace(/\(\?<(?=[A-Za-z_])/g, "(?P<").replace(/^\^/, "");
  return `${anyCase ? "(?i)" : ""}(?:${re2}).*`;
}

/** How many groups a pattern has that a rewrite can name. */
export function countGroups(regex: string): number {
  const groups = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?P?<(?=[A-Za-z_])/gs;
  return [...regex.matchAll(groups)].filter(([token]) => token.startsWith("(")).length;
}

export type PatternLocation = Extract<Location, { kind: "pattern" }>;

/** The text with which all paths begin that a pattern may match; empty when that cannot be told. */
export function literalStart(regex: string): string {
  if (!regex.startsWith("^") || regex.includes("|")) return "";
  const found = /^(?:[\w/-]|\\[^\w])*/.exec(regex.slice(1))?.[0] ?? "";
  const isRepeated = /^[?*{]/.test(regex.slice(1 + found.length));
  const literals = found.match(/\\.|./g) ?? [];
  return (isRepeated ? literals.slice(0, -1) : literals).join("").replaceAll("\\", "");
}

/** An alternative anywhere in the pattern may have its own anchors, so only patterns without any are shortened. */
function anywhere(re2: string): string {
  if (re2.includes("|") || /\(\?[a-zA-Z]/.test(re2)) return `.*(?:${re2}).*`;
  const start = re2.startsWith("^") ? re2.slice(1) : `.*${re2}`;
  return /(^|[^\\])\$$/.test(start) ? start.slice(0, -1) : `${start}.*`;
}

/** In nginx's quoted texts a backslash keeps its meaning before everything but quotes and itself. */
function unescape(text: string): string {
  return text.replace(/\\(["'\\])/g, "$1");
}

/** `true` for a path that nginx takes; `whole` is what a complaint shows. */
function checkPath(path: string, whole: string, at: string, report: Report): true | undefined {
  if (path === "") return requires(report, at);
  if (path.startsWith("//")) return refuses(report, at, whole, "must not start with '//'");
  if (path.split(/[/\\]/).includes(".."))
    return refuses(report, at, whole, "must not contain '..' segments");
  if (!/^\/[^\s{};\\]*$/.test(path)) {
    return refuses(
      report,
      at,
      whole,
      "must start with / and must not include any whitespace character, `{`, `}` or `;`",
    );
  }
  return true;
}
