/** How long a server wants to be left alone (RFC 9110 §10.2.3). */

const maxSeconds = 7 * 24 * 3600;

/** From the header's value; undefined when there is none that can be read. Never longer than a week. */
export function parseRetryAfter(
  value: string | undefined,
  now: Temporal.Instant,
): Temporal.Duration | undefined {
  const text = value?.trim() ?? "";
  if (/^\d{1,12}$/.test(text)) return seconds(Number(text));
  const moment = parseHttpDate(text);
  return moment === undefined ? undefined : seconds(moment.since(now).total("seconds"));
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"].concat(
  ...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
);

const fixedDate = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/;

/** The moment of an HTTP date in the form that is sent today (RFC 9110 §5.6.7). */
export function parseHttpDate(text: string): Temporal.Instant | undefined {
  const [, day, name = "", year, time] = fixedDate.exec(text) ?? [];
  const month = months.indexOf(name) + 1;
  if (month === 0) return undefined;
  try {
    return Temporal.Instant.from(`${year}-${`${month}`.padStart(2, "0")}-${day}T${time}Z`);
  } catch {
    // A day that its month does not have: no date.
    return undefined;
  }
}

function seconds(count: number): Temporal.Duration {
  return Temporal.Duration.from({ seconds: Math.ceil(Math.min(Math.max(0, count), maxSeconds)) });
}
