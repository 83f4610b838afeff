/** What the gate itself said of the hosts that were answered wrongly: its access log and its findings. */

import type { UpEvent } from "#test/system/harness/sekisho.ts";

/** Of each host so much is told. */
const mostTold = 20;

/** Lines for people: failed requests and findings that name a host which one of the wrong answers is of. */
export function accountOf(events: readonly UpEvent[], wrong: readonly string[]): readonly string[] {
  const hosts = new Set(wrong.flatMap((text) => text.match(/[\w.-]+\.test/) ?? []));
  return [...hosts].flatMap((host) =>
    events
      .filter((event) => isFailureOf(event, host))
      .slice(-mostTold)
      .map((event) => JSON.stringify(event)),
  );
}

function isFailureOf(event: UpEvent, host: string): boolean {
  if (event.event === "finding") return JSON.stringify(event).includes(host.replace(".test", ""));
  const record = event["record"] as { authority?: string; status?: number } | undefined;
  const { authority = "", status = 200 } = record ?? {};
  return event.event === "access" && authority.startsWith(host) && status >= 400;
}
