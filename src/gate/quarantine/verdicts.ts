/** What follows from a verdict of Envoy: it is kept, translation does without the secret, the content is tried again later. */

import type { ResourceChange } from "#envoy/resource.ts";
import type { Pipeline } from "#pipeline.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { XdsServer } from "#xds/xds-server.ts";
import { type Applied, flush } from "../feed.ts";
import { retryRefusals } from "./refusal-retry.ts";
import { createVerdictRecord, type VerdictPlace } from "./verdict-record.ts";

export interface VerdictDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: they are not kept. */
  readonly place?: VerdictPlace;
}

/** Follows the verdicts of all proxies; returns what ends that. */
export function followVerdicts(
  { clock, log, place }: VerdictDeps,
  gate: {
    readonly xds: XdsServer;
    readonly pipeline: Pipeline;
    readonly publish: (change: ResourceChange, applied: Applied) => void;
  },
): () => void {
  const { xds, pipeline, publish } = gate;
  const record =
    place === undefined ? async () => undefined : createVerdictRecord(place, () => xds.verdicts());
  const changed = async (): Promise<void> => {
    try {
      await record();
    } catch (error) {
      log.warn("a verdict of Envoy was not kept", { [logFields.error]: errorText(error) });
    }
    const useless = xds
      .verdicts()
      .filter(
        ({ type, substitute, keeps }) => type === "secret" && !keeps && substitute === undefined,
      );
    if (!pipeline.refuseSecrets(useless)) return;
    await flush({ clock, pipeline });
    publish(pipeline.takeChange(), { objects: 0, milliseconds: 0 });
  };
  const forget = xds.subscribe({ verdicts: () => void changed() });
  const stopRetries = retryRefusals(clock, xds);
  return () => {
    forget();
    stopRetries();
  };
}
