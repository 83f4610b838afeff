/** Lets the requests under way come to their end before Envoy is stopped. */

import type { Clock } from "#runtime/clock.ts";
import { SocketHttpError } from "#runtime/http/socket-http.ts";
import { pause } from "#runtime/pause.ts";
import type { Activity, EnvoyAdmin } from "./admin.ts";

export interface DrainSettings {
  /** New connections are still taken for so long: time for a load balancer in front to look elsewhere. Default none. */
  readonly notice?: Temporal.Duration;
  /** Requests that are not done after so long are cut off. */
  readonly longest: Temporal.Duration;
}

export interface Drained {
  readonly tookMs: number;
  /** What was still there at the end; undefined when Envoy did not answer. */
  readonly left: Activity | undefined;
}

const lookEvery = Temporal.Duration.from({ milliseconds: 100 });

/**
 * Drains: clients are told to leave, after the notice new connections are refused, then requests
 * are waited for. An idle keep-alive connection does not hold the drain up: closing it loses
 * nothing. Aborting `hurry` ends the wait; nothing is thrown.
 */
export async function drain(
  deps: { readonly clock: Clock; readonly admin: EnvoyAdmin },
  settings: DrainSettings,
  hurry: AbortSignal,
): Promise<Drained> {
  const { clock, admin } = deps;
  const start = clock.monotonicMs();
  const tookMs = (): number => Math.round(clock.monotonicMs() - start);
  const limitMs = settings.longest.total("milliseconds");
  try {
    await admin.failHealthCheck();
    await admin.startDrain();
    if (settings.notice !== undefined) await pause(clock, settings.notice, hurry);
    await admin.closeListeners();
    let left = await admin.activity();
    while (left.requests > 0 && tookMs() < limitMs && !hurry.aborted) {
      await pause(clock, lookEvery, hurry);
      left = await admin.activity();
    }
    return { tookMs: tookMs(), left };
  } catch (cause) {
    // Envoy is gone or does not answer: there is nothing to wait for.
    if (cause instanceof SocketHttpError) return { tookMs: tookMs(), left: undefined };
    throw cause;
  }
}
