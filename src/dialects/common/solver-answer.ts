/** What a Challenge that is worked on has proxies answer. */

import {
  type Challenge,
  challengeKind,
  readChallengeStatus,
} from "#kinds/cert-manager/challenge.ts";
import type { Known } from "#kinds/kind.ts";
import type { SolverAnswer } from "#model/solver-route.ts";

/**
 * The answer of a Challenge for HTTP-01; undefined for one that is not worked on. Who works on Challenges has found it to be
 * as its Order made it, and wrote that down; a specification that was changed since, as its generation tells, was not found so.
 */
export function solverAnswer({ object, value }: Known<Challenge>): SolverAnswer | undefined {
  const { processing } = readChallengeStatus(object);
  if (value === undefined || processing !== true || object.metadata.generation !== 1)
    return undefined;
  const { type, dnsName, token, key } = value.spec;
  if (type !== "HTTP-01") return undefined;
  const { namespace, name } = object.metadata;
  const origin = { kind: challengeKind.id, namespace, name, path: "spec" };
  return { host: dnsName, token, answer: key, origin };
}
