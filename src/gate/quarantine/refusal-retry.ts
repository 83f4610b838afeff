/** Refused content is offered again after a while: what was in its way (a port in use, another name) may be gone. */

import { isPassing } from "#envoy/refusal.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";
import type { XdsServer } from "#xds/xds-server.ts";

const firstSeconds = 60;
/** A port is free as soon as somebody has read the finding. */
const firstPassingSeconds = 5;
const longestSeconds = 3600;

type Refused = Pick<Verdict, "type" | "name" | "version" | "message">;

/**
 * Offers each refused name again after 1 min, or 5 s where the reason lies in the machine, then at doubled intervals up
 * to 1 h; returns what stops it.
 */
export function retryRefusals(
  clock: Clock,
  xds: Pick<XdsServer, "verdicts" | "subscribe" | "retry">,
): () => void {
  const waiting = new Map<string, { readonly version: string; readonly cancel: () => void }>();
  const schedule = (refused: Refused, seconds: number): void => {
    const { type, name, version } = refused;
    const cancel = clock.after(Temporal.Duration.from({ seconds }), () => {
      xds.retry(type, [name]);
      schedule(refused, Math.min(seconds * 2, longestSeconds));
    });
    waiting.set(keyOf(refused), { version, cancel });
  };
  const follow = (): void => {
    const refused = new Map(xds.verdicts().map((verdict) => [keyOf(verdict), verdict] as const));
    for (const [key, { version, cancel }] of waiting) {
      if (refused.get(key)?.version === version) continue;
      cancel();
      waiting.delete(key);
    }
    for (const [key, verdict] of refused) {
      if (waiting.has(key)) continue;
      schedule(verdict, isPassing(verdict.message) ? firstPassingSeconds : firstSeconds);
    }
  };
  const forget = xds.subscribe({ verdicts: follow });
  follow();
  return () => {
    forget();
    for (const { cancel } of waiting.values()) cancel();
  };
}

function keyOf({ type, name }: Pick<Refused, "type" | "name">): string {
  return `${type} ${name}`;
}
