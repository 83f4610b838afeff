/** Refused content is offered again after a while: what was in its way (a port in use, another name) may be gone. */

import type { Clock } from "#runtime/clock.ts";
import type { Verdict } from "#xds/quarantine/quarantine.ts";
import type { XdsServer } from "#xds/xds-server.ts";

const first = Temporal.Duration.from({ minutes: 1 });
const longest = Temporal.Duration.from({ hours: 1 });

type Refused = Pick<Verdict, "type" | "name" | "version">;

/** Offers each refused name again after 1 min, then at doubled intervals up to 1 h; returns what stops it. */
export function retryRefusals(clock: Clock, xds: XdsServer): () => void {
  const waiting = new Map<string, { readonly version: string; readonly cancel: () => void }>();
  const schedule = (refused: Refused, after: Temporal.Duration): void => {
    const { type, name, version } = refused;
    const cancel = clock.after(after, () => {
      xds.retry(type, [name]);
      const doubled = after.total("minutes") * 2;
      const next = Math.min(doubled, longest.total("minutes"));
      schedule(refused, Temporal.Duration.from({ minutes: next }));
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
    for (const [key, verdict] of refused) if (!waiting.has(key)) schedule(verdict, first);
  };
  const forget = xds.subscribe({ verdicts: follow });
  follow();
  return () => {
    forget();
    for (const { cancel } of waiting.values()) cancel();
  };
}

function keyOf({ type, name }: Refused): string {
  return `${type} ${name}`;
}
