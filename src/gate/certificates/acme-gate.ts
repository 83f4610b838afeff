/** ACME beside a gate: Orders and Challenges are brought to their end, with answers that its proxies give. */

import { contentHash } from "#base/content-hash.ts";
import type { Finding } from "#base/finding.ts";
import { type Acme, createAcme } from "#certificates/acme/acme.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createHttp01Solver } from "#certificates/solvers/http-01/http-01.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import type { ResourceName } from "#envoy/resource.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/log.ts";
import type { Random } from "#runtime/random.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Gate } from "../gate.ts";
import { ChallengeRoutes } from "./challenge-routes.ts";

export interface AcmeGateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: ObjectStore;
  readonly events: EventRecorder;
  readonly door: OutboundDoor;
}

export interface AcmeGateSettings {
  /** Of this program. */
  readonly version: string;
  /** Where Secrets of ClusterIssuers are. */
  readonly clusterResourceNamespace: string;
  /** Whether Issuers of one namespace may use this process' own credentials. */
  readonly issuerAmbientCredentials: boolean;
  /** The ports where clients reach the proxies; empty: nobody knows. */
  readonly ports: () => readonly number[];
  readonly gate: () => Gate;
  /** Whether these are in force at every proxy that serves; false when that took too long. */
  readonly inForce: (names: readonly ResourceName[]) => Promise<boolean>;
  /** Solvers beside that of HTTP-01. */
  readonly solvers: readonly Solver[];
  readonly found: (findings: readonly Finding[]) => void;
}

export interface AcmeGate {
  readonly acme: Acme;
  /** Something was published. */
  readonly applied: () => void;
}

/** Nothing runs before `acme.start`. */
export function createAcmeGate(deps: AcmeGateDeps, settings: AcmeGateSettings): AcmeGate {
  const { clock, random, log, store, events, door } = deps;
  const { version, clusterResourceNamespace, issuerAmbientCredentials, gate, solvers } = settings;
  const routes = new ChallengeRoutes(deps, {
    ...settings,
    answers: () => gate().pipeline.gateway.answers(),
  });
  const acme = createAcme({
    ...{ clock, random, log, store, door, clusterResourceNamespace, issuerAmbientCredentials },
    userAgent: `sekisho/${version}`,
    solvers: [createHttp01Solver(routes), ...solvers],
    tell: async (about, { type, reason, message }) => {
      const id = contentHash(reason, message, about.metadata.uid).slice(0, 16);
      await events.record({
        id,
        about,
        fieldPath: "",
        type,
        reason,
        message: message.slice(0, 1024),
      });
    },
  });
  return { acme, applied: () => routes.applied() };
}
