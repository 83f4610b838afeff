/** Repeats a probe and says when it has passed or failed often enough. */

import type { Probe } from "#kinds/pod-template.ts";
import type { Clock } from "#runtime/clock.ts";
import { pause } from "#runtime/pause.ts";

export interface ProbeWatch {
  readonly probe: Probe;
  /** One try; must end by itself within the probe's timeout. */
  readonly check: () => Promise<boolean>;
  /** Called each time a threshold is reached: healthy or not. */
  readonly verdict: (healthy: boolean) => void;
  /** Look more often than asked until the first success: nothing is lost by knowing early that a pod is ready. */
  readonly eager: boolean;
}

const eagerMs = 250;

/** Probes until aborted. Thresholds, period and delay have Kubernetes' defaults (10 s, 3 failures, 1 success). */
export async function watchProbe(
  watch: ProbeWatch,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { probe } = watch;
  const period = Temporal.Duration.from({ seconds: probe.periodSeconds || 10 });
  const hasty = Temporal.Duration.from({ milliseconds: eagerMs });
  const successes = probe.successThreshold || 1;
  const failures = probe.failureThreshold || 3;
  let passedOnce = false;
  let inARow = { healthy: true, count: 0 };
  const delay = Temporal.Duration.from({ seconds: probe.initialDelaySeconds ?? 0 });
  if (!(await pause(clock, delay, signal))) return;
  while (!signal.aborted) {
    const healthy = await watch.check();
    if (signal.aborted) return;
    inARow = { healthy, count: inARow.healthy === healthy ? inARow.count + 1 : 1 };
    if (inARow.count === (healthy ? successes : failures)) watch.verdict(healthy);
    passedOnce ||= healthy;
    if (!(await pause(clock, watch.eager && !passedOnce ? hasty : period, signal))) return;
  }
}

/** How long one try may take. */
export function probeTimeout(probe: Probe): Temporal.Duration {
  return Temporal.Duration.from({ seconds: probe.timeoutSeconds || 1 });
}
