/** How long ago, as kubectl prints it. */

/**
 * kubectl's short duration (k8s.io/apimachinery `duration.HumanDuration`): the coarser the longer ago, `45s`, `3m20s`,
 * `5h12m`, `3d4h`, `47d`, `2y10d`.
 */
export function formatAge(from: string, now: Temporal.Instant): string {
  const seconds = Math.floor(
    (now.epochMilliseconds - Temporal.Instant.from(from).epochMilliseconds) / 1000,
  );
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, "d", hours % 24, "h");
  if (hours < 365 * 24 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? withRest(years, "y", days % 365, "d") : `${years}y`;
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${amount}${unit}` : `${amount}${unit}${rest}${restUnit}`;
}
