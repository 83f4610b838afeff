/** `sekisho cert status NAME --watch`: the steps of an issuance as they change, until the certificate is there or was refused. */

import { findCondition } from "#kinds/condition.ts";
import type { Clock } from "#runtime/clock.ts";
import { printable } from "../output/table.ts";
import type { CertificateTrail } from "./certificate-trail.ts";
import { nextAction, trailSteps } from "./trail-steps.ts";

const lookEvery = Temporal.Duration.from({ milliseconds: 500 });

export type IssuanceEnd = "ready" | "refused" | "interrupted";

/** Prints each step when its text is another one than before, with the time. `look` throws when the Certificate is gone. */
export async function followStatus(
  { clock, print }: { readonly clock: Clock; readonly print: (text: string) => void },
  look: () => Promise<CertificateTrail>,
  signal: AbortSignal,
): Promise<IssuanceEnd> {
  const shown = new Set<string>();
  for (;;) {
    const trail = await look();
    const steps = trailSteps(trail);
    const time = clock.now().toString().slice(11, 19);
    const lines = steps.map(({ step, text }) => `${step.padEnd(13)}${printable(text)}`);
    for (const line of lines) if (!shown.has(line)) print(`${time}  ${line}\n`);
    shown.clear();
    for (const line of lines) shown.add(line);
    const end = endOf(trail);
    if (end === "refused") print(`What to do: ${printable(nextAction(steps) ?? "wait")}\n`);
    if (end !== undefined) return end;
    try {
      await clock.sleep(lookEvery, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      return "interrupted";
    }
  }
}

function endOf({ certificate }: CertificateTrail): IssuanceEnd | undefined {
  const { status } = certificate.object;
  const issuing = findCondition(status, "Issuing")?.status;
  if (issuing === "True") return undefined;
  if (issuing === "False") return "refused";
  return findCondition(status, "Ready")?.status === "True" ? "ready" : undefined;
}
