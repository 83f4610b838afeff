/** Whether our clock can be trusted with an order: certificates are judged by it. */

import type { AcmeSession } from "../client/session.ts";

/** Let's Encrypt back-dates by an hour; five minutes off, nobody knows which clock is wrong. */
const most = Temporal.Duration.from({ minutes: 5 });

/** What is wrong with the clock, as a sentence; undefined when nothing is. */
export async function clockProblem(
  session: AcmeSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const lead = await session.clockLead(signal);
  if (lead === undefined || Temporal.Duration.compare(lead.abs(), most) <= 0) return undefined;
  const minutes = Math.round(lead.abs().total("minutes"));
  const direction = lead.sign > 0 ? "ahead of" : "behind";
  return `the clock of this machine is ${minutes} minutes ${direction} the ACME server's: nothing is ordered until one of them is set right`;
}
