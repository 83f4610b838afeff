/** The controllers of certificates as a gate runs them: over its store, with Events written where all others go. */

import { contentHash } from "#base/content-hash.ts";
import {
  type CertificateControllers,
  type CertificateControllersSettings,
  startCertificateControllers,
} from "#certificates/certificate-controllers.ts";
import type { CertificateEvents } from "#certificates/controllers/certificate-events.ts";
import { issuerBackends } from "#certificates/issuers/all.ts";
import type { IssuerBackend } from "#certificates/issuers/issuer.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { formatKey, keyOf } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Workers } from "#runtime/processes/workers.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import type { ObjectStore } from "#store/object-store.ts";

export interface IssuingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly store: ObjectStore;
  readonly workers: Workers;
  readonly door: OutboundDoor;
  readonly recorder: EventRecorder;
}

export interface IssuingSettings
  extends Pick<CertificateControllersSettings, "mayUsePolicy" | "certificateOwnerRef"> {
  readonly clusterResourceNamespace: string;
  /** Whether Issuers of one namespace may use this process' own credentials. */
  readonly issuerAmbientCredentials: boolean;
  /** The operator's environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Ways of signing beside those that need nothing of the gate. Default: none. */
  readonly backends?: readonly IssuerBackend[];
}

/** An Event's message may not be longer. */
const longestMessage = 1024;

/** Lists the store, and begins. Throws StoreError. */
export async function startIssuing(
  deps: IssuingDeps,
  settings: IssuingSettings,
): Promise<CertificateControllers> {
  const { door: outbound, log } = deps;
  const { variables, backends: more = [] } = settings;
  const parts = { ...deps, outbound, variables, events: createEvents(deps) };
  const backends = [...issuerBackends.map((create) => create(parts)), ...more];
  const controllers = await startCertificateControllers(parts, { ...settings, backends });
  controllers.failed.catch((error: unknown) =>
    log.error("certificates are not followed any more", { [logFields.error]: errorText(error) }),
  );
  return controllers;
}

function createEvents({ recorder, log }: IssuingDeps): CertificateEvents {
  return {
    tell: (about, { type, reason, message }) => {
      const shown = message.slice(0, longestMessage);
      const id = contentHash(reason, shown, formatKey(keyOf(about))).slice(0, 16);
      recorder
        .record({ id, about, fieldPath: "", type, reason, message: shown })
        .catch((error: unknown) =>
          log.warn("an event was not written", { [logFields.error]: errorText(error) }),
        );
    },
  };
}
