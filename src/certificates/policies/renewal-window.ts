/** The times at which a Certificate may be renewed: windows that open by cron and stay open for a while. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import { err, ok, type Result } from "#base/result.ts";
import type { RenewalWindow } from "#kinds/cert-manager/certificate-storage.ts";
import { type Cron, parseCron } from "./cron.ts";

interface Window {
  readonly cron: Cron;
  readonly openMs: number;
  readonly zone: string;
}

/** Days looked at before a window counts as one that never opens: a leap day at least, over a century without one. */
const mostDays = 366 * 9;
const longestOpenMs = 366 * 24 * 3_600_000;
const minuteMs = 60_000;

/** `desired` where a window is open then, else when the next opens. */
export function nextOpening(
  written: readonly RenewalWindow[],
  desired: Temporal.Instant,
): Result<Temporal.Instant, string> {
  const openings: Temporal.Instant[] = [];
  for (const one of written) {
    const window = parseWindow(one);
    if (!window.ok) return window;
    const at = openingOf(window.value, desired);
    if (at !== undefined) openings.push(at);
  }
  const [first] = openings.sort(Temporal.Instant.compare);
  return first === undefined ? err("no window ever opens") : ok(first);
}

function parseWindow({
  cron,
  windowDuration,
  timezone = "",
}: RenewalWindow): Result<Window, string> {
  const parsed = parseCron(cron);
  if (!parsed.ok) return parsed;
  const openMs = parseGoDurationMs(windowDuration);
  if (openMs === undefined || openMs <= 0 || openMs > longestOpenMs)
    return err(`${JSON.stringify(windowDuration)} is not how long a window is open`);
  const zone = timezone === "" ? "UTC" : timezone;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
  } catch {
    // The name is a user's: that it names no zone is the answer.
    return err(`${JSON.stringify(timezone)} is no time zone`);
  }
  return ok({ cron: parsed.value, openMs, zone });
}

/** The moment itself where the window opened so lately that it is open, else its next opening. */
function openingOf(
  { cron, openMs, zone }: Window,
  desired: Temporal.Instant,
): Temporal.Instant | undefined {
  const earliest = desired.subtract({ milliseconds: openMs });
  let date = earliest.toZonedDateTimeISO(zone).toPlainDate();
  for (let day = 0; day < mostDays; day++, date = date.add({ days: 1 })) {
    if (!cron.matchesDay(date)) continue;
    const opening = minutesOf(date, zone).find(
      (moment) =>
        Temporal.Instant.compare(moment, earliest) > 0 &&
        cron.matches(moment.toZonedDateTimeISO(zone).toPlainDateTime()),
    );
    if (opening !== undefined)
      return Temporal.Instant.compare(opening, desired) <= 0 ? desired : opening;
  }
  return undefined;
}

/** Every minute of a day that there is: days on which clocks are changed have more or fewer. */
function minutesOf(date: Temporal.PlainDate, zone: string): readonly Temporal.Instant[] {
  const startMs = date.toZonedDateTime(zone).epochMilliseconds;
  const endMs = date.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
  return Array.from({ length: Math.round((endMs - startMs) / minuteMs) }, (_, index) =>
    Temporal.Instant.fromEpochMilliseconds(startMs + index * minuteMs),
  );
}
