/** Durations as Go writes them: `2160h0m0s`, `1.5h`, `300ms` (Go standard library, time.ParseDuration). */

/** Nanoseconds by unit. */
const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Longer texts are no durations that somebody wrote. */
const maxLength = 64;

/** Milliseconds, or undefined when the text is no duration; what is below a millisecond is cut. */
export function parseGoDurationMs(text: string): number | undefined {
  if (text.length > maxLength) return undefined;
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (rest === "0") return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(rest)) return undefined;
  let nanoseconds = 0;
  for (const [, number = "", unit = ""] of rest.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    nanoseconds += Number(number) * (units[unit] ?? Number.NaN);
  const milliseconds = Math.trunc(nanoseconds / 1e6);
  return sign === "-" ? -milliseconds : milliseconds;
}

/** As Kubernetes writes it back: `2160h0m0s`. */
export function formatGoDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
