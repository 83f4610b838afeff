/** What a Challenge that is worked on has proxies answer. */

import type { Origin } from "#base/origin.ts";
import { sha256 } from "#base/sha256.ts";
import {
  type Challenge,
  challengeKind,
  readChallengeStatus,
} from "#kinds/cert-manager/challenge.ts";
import type { Known } from "#kinds/kind.ts";
import type { HandshakeAnswer } from "#model/handshake-answer.ts";
import type { SolverAnswer } from "#model/solver-route.ts";

/** The answer of a Challenge for HTTP-01; undefined for one of another type, or that is not worked on. */
export function solverAnswer(challenge: Known<Challenge>): SolverAnswer | undefined {
  const worked = workedOn(challenge);
  if (worked?.spec.type !== "HTTP-01") return undefined;
  const { dnsName, token, key } = worked.spec;
  return { host: dnsName, token, answer: key, origin: worked.origin };
}

/** The same for TLS-ALPN-01. */
export function handshakeAnswer(challenge: Known<Challenge>): HandshakeAnswer | undefined {
  const worked = workedOn(challenge);
  if (worked?.spec.type !== "TLS-ALPN-01") return undefined;
  const { dnsName, key } = worked.spec;
  const digest = sha256(Buffer.from(key));
  return { host: dnsName.toLowerCase(), digest, origin: worked.origin };
}

interface Worked {
  readonly spec: Challenge["spec"];
  readonly origin: Origin;
}

/**
 * Who works on Challenges has found it to be as its Order made it, and wrote that down; a specification that was changed
 * since, as its generation tells, was not found so.
 */
function workedOn({ object, value }: Known<Challenge>): Worked | undefined {
  const { processing } = readChallengeStatus(object);
  if (value === undefined || processing !== true || object.metadata.generation !== 1)
    return undefined;
  const { namespace, name } = object.metadata;
  return { spec: value.spec, origin: { kind: challengeKind.id, namespace, name, path: "spec" } };
}
