/** What a gate writes back to its store: statuses at every change, Events once it is told to record them. */

import type { Finding, FindingChange } from "#base/finding.ts";
import type { Json } from "#base/json.ts";
import { ownedCertificates } from "#certificates/shims/wanted-certificates.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { parseKey } from "#kinds/object.ts";
import type { ReachedAt } from "#model/fragment.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import type { WantedRecord } from "#model/wanted-record.ts";
import type { Pipeline } from "#pipeline.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import { createFindingEvents } from "#status/finding-events.ts";
import { createIngressStatusWriter, type LoadBalancerAddress } from "#status/ingress-status.ts";
import { StateStatusWriter } from "#status/state-status.ts";
import { isInVerdict } from "#status/state-verdict.ts";
import { createStoredEvents } from "#status/stored-events.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { ownedDnsEndpoints, type PlacedRecord } from "../dns-endpoints.ts";
import { createMadeObjects, type MadeObjects, type MadeObjectsDeps } from "../made-objects.ts";

export interface Reporting {
  /** The claim to an object may have begun or ended, or who serves it, where it is reached, or what it wants made, may have changed. */
  readonly claimChanged: (key: string) => void;
  /** The addresses or ports may have changed. */
  readonly addressesChanged: () => void;
  /** Findings came or went. */
  readonly found: (change: FindingChange) => void;
  /** Brings statuses and, once recording, Events to what holds now. */
  readonly update: () => Promise<void>;
  /** The proxies have the first configuration: from now on statuses are written. */
  readonly serve: () => Promise<void>;
  /** From now on what is found is recorded as Events. */
  readonly record: () => Promise<void>;
}

export interface ReportingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ObjectStore;
  /** Where Events go. Default: into the store. */
  readonly events?: EventRecorder;
}

export interface ReportedState {
  readonly claimed: () => ReadonlyMap<string, string>;
  /** Where the gate is reached. */
  readonly addresses: () => readonly LoadBalancerAddress[];
  /** Where an object (`formatKey`) says that it is reached; undefined: where the gate is. */
  readonly reachedAt: (key: string) => ReachedAt | undefined;
  /** The ports of these addresses. */
  readonly ports: () => readonly number[];
  /** How many hosts an object (`formatKey`) wants. */
  readonly hostsOf: (key: string) => number;
  /** The object (`formatKey`) among whose routes those of an object are served. */
  readonly servedBy: (key: string) => string | undefined;
  /** The certificates that an object wants; `as-before`: what was made for it before stays. */
  readonly wantedBy: (key: string) => readonly WantedCertificate[] | "as-before";
  /** What DNS is to say of the host of an object; `as-before`: what was asked for before stays. */
  readonly recordOf: (key: string) => WantedRecord | "as-before" | undefined;
  /** The status that an object (`formatKey`) was last seen with. */
  readonly statusOf: (key: string) => Json | undefined;
  /** Whether a finding is about an object whose Events are ours to write. Default: all are. */
  readonly isOurs?: (finding: Finding) => boolean;
}

/** What a pipeline, once there is one, knows for statuses. */
export function pipelineState(
  pipeline: () => Pipeline,
): Omit<ReportedState, "addresses" | "ports" | "isOurs"> {
  return {
    hostsOf: (key) => pipeline().gateway.hostsOf(key),
    claimed: () => pipeline().claimed,
    servedBy: (key) => pipeline().servedBy(key),
    reachedAt: (key) => pipeline().reachedAt(key),
    wantedBy: (key) => pipeline().wantedBy(key),
    recordOf: (key) => pipeline().recordOf(key),
    statusOf: (key) => pipeline().statusOf(key),
  };
}

/**
 * Who makes Certificates of what objects want. Of Ingresses cert-manager makes them itself, so where it is left to it (`observe`)
 * we do not; `off`: of none.
 */
export function wishesUnder(
  certificates: "own" | "observe" | "off",
  wantedBy: ReportedState["wantedBy"],
): ReportedState["wantedBy"] {
  if (certificates === "own") return wantedBy;
  return (key) =>
    certificates === "off" || parseKey(key).kind === ingressKind.id ? "as-before" : wantedBy(key);
}

/** Writing goes on for so long at once, and then lets others go first for as long. */
const sliceMs = 5;

/** Writes that fail are logged: the next change tries again. */
export function createReporting(
  { clock, log, store, events }: ReportingDeps,
  state: ReportedState,
): Reporting {
  const breathe = createBreathing(clock);
  const recorder = events ?? createStoredEvents(store, clock.now);
  const ingresses = createIngressStatusWriter(store, { ...state, breathe });
  const servers = new StateStatusWriter(store, recorder, { ...state, breathe });
  const recorded = createFindingEvents(store, recorder, { breathe, isOurs: state.isOurs });
  const made = { store, recorder, breathe };
  const certificates = certificatesMade(made, state);
  const records = recordsMade(made, state);
  let serving = false;
  let recording = false;
  const update = async (): Promise<void> => {
    try {
      if (serving) await Promise.all([ingresses.update(), servers.update()]);
      if (recording) {
        await recorded.update();
        await servers.record();
      }
      if (serving) await certificates.update();
      if (serving) await records.update();
    } catch (error) {
      log.warn("a status or event was not written", { [logFields.error]: errorText(error) });
    }
  };
  return {
    claimChanged: (key) => {
      ingresses.claimChanged(key);
      servers.claimChanged(key);
      certificates.wantChanged(key);
      records.wantChanged(key);
    },
    addressesChanged: () => {
      ingresses.addressesChanged();
      servers.addressesChanged();
      for (const key of state.claimed().keys()) records.wantChanged(key);
    },
    found: (change) => {
      ingresses.found(change);
      servers.found(change);
      recorded.found({ ...change, added: change.added.filter((one) => !isInVerdict(one)) });
    },
    update,
    serve: () => {
      serving = true;
      return update();
    },
    record: () => {
      recording = true;
      return update();
    },
  };
}

function certificatesMade(deps: MadeObjectsDeps, { wantedBy }: ReportedState): MadeObjects {
  const certificates = ownedCertificates(deps.store);
  return createMadeObjects(deps, {
    wishesOf: wantedBy,
    isIdle: (key, wishes) => certificates.isIdle(key, wishes),
    bring: (owner, wishes) => certificates.bring(owner, wishes),
    fieldPath: "spec.tls",
  });
}

function recordsMade(
  deps: MadeObjectsDeps,
  { recordOf, reachedAt, addresses }: ReportedState,
): MadeObjects {
  const endpoints = ownedDnsEndpoints(deps.store);
  return createMadeObjects<PlacedRecord>(deps, {
    wishesOf: (key) => {
      const record = recordOf(key);
      if (record === undefined) return [];
      const own = reachedAt(key);
      const places = own === undefined ? addresses() : [own];
      // Without an address the name would lead nowhere.
      return record === "as-before" || places.length === 0
        ? "as-before"
        : [{ record, addresses: places }];
    },
    isIdle: (key, wishes) => endpoints.isIdle(key, wishes),
    bring: (owner, wishes) => endpoints.bring(owner, wishes),
    fieldPath: "spec.externalDNS",
  });
}

/** The embedded store answers without leaving the event loop: ten thousand writes in a row would stop everything else. */
function createBreathing(clock: Clock): () => Promise<void> {
  let since = clock.monotonicMs();
  return async () => {
    if (clock.monotonicMs() - since < sliceMs) return;
    await clock.sleep(Temporal.Duration.from({ milliseconds: sliceMs }));
    since = clock.monotonicMs();
  };
}
