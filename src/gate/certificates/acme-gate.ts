/** ACME beside a gate: Orders and Challenges are brought to their end, with answers that its proxies give. */

import { contentHash } from "#base/content-hash.ts";
import type { Finding } from "#base/finding.ts";
import { type Acme, createAcme } from "#certificates/acme/acme.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createHttp01Solver } from "#certificates/solvers/http-01/http-01.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import { createTlsAlpn01Solver } from "#certificates/solvers/tls-alpn-01/tls-alpn-01.ts";
import type { ResourceName } from "#envoy/resource.ts";
import { hostResourceName } from "#envoy/routes/scope.ts";
import { handshakeAnswerName, type ShownHandshake } from "#model/handshake-answer.ts";
import { answeredHost, type SolverRoute } from "#model/solver-route.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import type { EventRecorder } from "#status/event-recorder.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Gate } from "../gate.ts";
import { ChallengeAnswers } from "./challenge-answers.ts";

export interface AcmeGateDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
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
  /** The ports where clients reach the proxies by a protocol; empty: nobody knows. */
  readonly ports: (protocol: "http" | "https") => readonly number[];
  readonly gate: () => Gate;
  /** Whether these are in force at every proxy that serves; false when that took too long. */
  readonly inForce: (names: readonly ResourceName[]) => Promise<boolean>;
  /** Solvers beside those over the proxies. */
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
  const { clock, random, log, metrics, store, events, door } = deps;
  const { version, clusterResourceNamespace, issuerAmbientCredentials, solvers } = settings;
  const overHttp = answersOverHttp(deps, settings);
  const inHandshakes = answersInHandshakes(deps, settings);
  const acme = createAcme({
    ...{ clock, random, log, metrics, store, door },
    ...{ clusterResourceNamespace, issuerAmbientCredentials },
    userAgent: `sekisho/${version}`,
    solvers: [createHttp01Solver(overHttp), createTlsAlpn01Solver(inHandshakes), ...solvers],
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
  const applied = (): void => {
    const found = [overHttp.applied(), inHandshakes.applied()];
    if (found.some((findings) => findings !== undefined))
      settings.found(found.flatMap((findings) => findings ?? []));
  };
  return { acme, applied };
}

function answersOverHttp(
  deps: AcmeGateDeps,
  { gate, inForce, ports }: AcmeGateSettings,
): ChallengeAnswers<SolverRoute> {
  return new ChallengeAnswers<SolverRoute>(deps, {
    ...{ type: "HTTP-01", port: 80, portOption: "--http 80", inForce },
    ports: () => ports("http"),
    answers: () => gate().pipeline.gateway.answers(),
    textOf: ({ host, token }) => `${host} ${token}`,
    resourcesOf: (route) => {
      const name = hostResourceName(answeredHost(route));
      return [
        { type: "routes", name },
        { type: "scope", name },
      ];
    },
  });
}

function answersInHandshakes(
  deps: AcmeGateDeps,
  { gate, inForce, ports }: AcmeGateSettings,
): ChallengeAnswers<ShownHandshake> {
  return new ChallengeAnswers(deps, {
    ...{ type: "TLS-ALPN-01", port: 443, portOption: "--https 443", inForce },
    ports: () => ports("https"),
    answers: () => gate().pipeline.handshakeAnswers,
    textOf: handshakeAnswerName,
    resourcesOf: (shown) => [
      { type: "listener", name: "https" },
      { type: "secret", name: handshakeAnswerName(shown) },
    ],
  });
}
