/** nginx's times and sizes ("Configuration file measurement units"). */

import { type Report, refuses } from "./report.ts";

const time =
  /^(?:(\d+)y)?\s*(?:(\d+)M)?\s*(?:(\d+)w)?\s*(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m(?!s))?\s*(?:(\d+)(?:s|(?=\s|$)))?\s*(?:(\d+)ms)?$/;

const day = 86_400_000;

/** Of years, months, weeks, days, hours, minutes, seconds, milliseconds. */
const unitsMs = [365 * day, 30 * day, 7 * day, day, 3_600_000, 60_000, 1000, 1];

/** More is nobody's wish and no duration that Envoy takes. */
const longestMs = 10 * 365 * day;

/** `1m30s`, `500ms`, `10`: milliseconds; undefined when it is no such text. */
export function parseTime(text: string): number | undefined {
  const found = text.trim() === "" ? null : time.exec(text);
  if (found === null) return undefined;
  const parts = unitsMs.map((unit, index) => unit * Number(found[index + 1] ?? 0));
  const total = parts.reduce((sum, part) => sum + part, 0);
  return total <= longestMs ? total : undefined;
}

const factors: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `1m`, `64K`, `8`: bytes; undefined when it is no such text. */
export function parseSize(text: string): number | undefined {
  const found = /^(\d{1,12})([kKmMgG]?)$/.exec(text);
  if (found === null) return undefined;
  return Number(found[1]) * (factors[(found[2] ?? "").toLowerCase()] ?? 1);
}

/** Reads a field, or says what it is by default; complains about other texts. */
type Check = (text: string | undefined, path: string, report: Report, byDefault: number) => number;

function checkedBy(parse: (text: string) => number | undefined, wanted: string): Check {
  return (text, path, report, byDefault) => {
    if (text === undefined || text === "") return byDefault;
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    refuses(report, path, text, wanted);
    return byDefault;
  };
}

/** In milliseconds. */
export const checkTime = checkedBy(parseTime, "must be a time such as 10s, 500ms or 1h30m");

/** In bytes. */
export const checkSize = checkedBy(parseSize, "must be a size such as 16, 32k, 64M or 2G");
