/** How long is waited after an issuance that failed, and after a call that nobody answered. */

const hourMs = 3_600_000;
const mostMs = 32 * hourMs;
const leastMs = 60_000;

/**
 * One hour, doubled with each failure up to 32 hours (cert-manager's), but never more than an eighth of the time that the
 * present certificate has left: what fails long before the end is tried more often as the end comes near.
 */
export function failureBackOffMs(failures: number, leftMs: number | undefined): number {
  const doubledMs = Math.min(hourMs * 2 ** Math.min(Math.max(failures, 1) - 1, 10), mostMs);
  if (leftMs === undefined || leftMs <= 0) return doubledMs;
  return Math.max(leastMs, Math.min(doubledMs, Math.floor(leftMs / 8)));
}

const firstOutageMs = 10_000;
const mostOutageMs = 600_000;

/** Ten seconds, doubled up to ten minutes: nobody has refused anything, so nothing speaks against asking soon. */
export function outageBackOffMs(outages: number): number {
  return Math.min(firstOutageMs * 2 ** Math.min(Math.max(outages, 1) - 1, 10), mostOutageMs);
}
