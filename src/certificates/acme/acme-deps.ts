/** What everything about ACME is given of the outside. */

import type { KubeObject } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { OutboundDoor } from "../outbound/outbound-door.ts";

export type AcmeStore = Pick<
  ObjectStore,
  "get" | "list" | "create" | "replace" | "replaceStatus" | "remove"
>;

export interface AcmeEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface AcmeDeps {
  readonly store: AcmeStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly door: OutboundDoor;
  /** What we call ourselves to servers. */
  readonly userAgent: string;
  /** Where Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  /** Whether Issuers may use this process' own credentials, as ClusterIssuers may. Default false. */
  readonly issuerAmbientCredentials?: boolean;
  /** Tells people what happened to an object. */
  readonly tell: (about: KubeObject, event: AcmeEvent) => Promise<void>;
}
