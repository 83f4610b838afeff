/** Moments by the five fields of cron: minute, hour, day of the month, month, day of the week (crontab(5)). */

import { err, ok, type Result } from "#base/result.ts";

export interface Cron {
  /** Whether a minute of a calendar is one of its. */
  readonly matches: (time: Temporal.PlainDateTime) => boolean;
  /** Whether it can be on a day at all, so that days are passed over as a whole. */
  readonly matchesDay: (date: Temporal.PlainDate) => boolean;
}

const monthNames = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const dayNames = "sun mon tue wed thu fri sat".split(" ");

interface FieldRange {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const ranges: readonly FieldRange[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: monthNames },
  { least: 0, most: 7, names: dayNames },
];

const shorthands: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Reads the five fields, or a shorthand such as `@daily`. */
export function parseCron(text: string): Result<Cron, string> {
  const fields = (shorthands[text.trim()] ?? text).trim().toLowerCase().split(/\s+/);
  if (fields.length !== 5) return err(`${JSON.stringify(text)} does not have five fields`);
  const sets = fields.map((field, index) => parseField(field, ranges[index] as FieldRange));
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays)
    return err(`${JSON.stringify(text)} has a field that cannot be read`);
  // Sunday is 0 and 7.
  if (weekdays.has(7)) weekdays.add(0);
  // Where both days are restricted, one of them is enough (crontab(5)).
  const isEither = !isAny(fields[2]) && !isAny(fields[4]);
  const matchesDay = (date: Temporal.PlainDate): boolean => {
    if (!months.has(date.month)) return false;
    const [day, weekday] = [days.has(date.day), weekdays.has(date.dayOfWeek % 7)];
    return isEither ? day || weekday : day && weekday;
  };
  return ok({
    matchesDay,
    matches: (time) =>
      minutes.has(time.minute) && hours.has(time.hour) && matchesDay(time.toPlainDate()),
  });
}

function isAny(field: string | undefined): boolean {
  return field === "*" || field === "?" || field?.startsWith("*/") === true;
}

function parseField(field: string, range: FieldRange): Set<number> | undefined {
  const set = new Set<number>();
  for (const part of field.split(",")) {
    const [, from = "", to, step] = /^([a-z0-9*?]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const isStar = from === "*" || from === "?";
    const first = isStar ? range.least : numberOf(from, range);
    const single = step === undefined ? first : range.most;
    const last = isStar ? range.most : to === undefined ? single : numberOf(to, range);
    const every = Number(step ?? 1);
    if (first === undefined || last === undefined || every < 1 || first > last) return undefined;
    for (let value = first; value <= last; value += every) set.add(value);
  }
  return set;
}

function numberOf(text: string, { least, most, names }: FieldRange): number | undefined {
  const named = names.indexOf(text);
  const value = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
