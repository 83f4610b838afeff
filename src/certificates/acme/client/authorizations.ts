/** Authorizations at an ACME server, and the challenges by which a name is shown ours (RFC 8555 §7.5). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { type Problem, problemIn } from "./problem.ts";
import { readList, readObject, readText } from "./read-answer.ts";
import type { AcmeSession, Signer } from "./session.ts";

export interface Authorization {
  readonly url: string;
  /** The name, without a wildcard. */
  readonly identifier: string;
  readonly wildcard: boolean;
  /** `pending`, `valid`, `invalid`, `deactivated`, `expired` or `revoked`. */
  readonly status: string;
  readonly challenges: readonly OfferedChallenge[];
  /** When to look again, where the server says. */
  readonly retryAfter: Temporal.Duration | undefined;
}

export interface OfferedChallenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  /** `pending`, `processing`, `valid` or `invalid`. */
  readonly status: string;
  readonly problem: Problem | undefined;
}

/** How an authorization stands. */
export async function getAuthorization(
  session: AcmeSession,
  signer: Signer,
  url: string,
  signal: AbortSignal,
): Promise<Authorization> {
  const answer = await session.post(
    { action: "get_authorization", url },
    undefined,
    signer,
    signal,
  );
  const value = readObject(answer);
  const identifier = isJsonObject(value["identifier"]) ? (value["identifier"] as JsonObject) : {};
  return {
    url,
    identifier: readText(identifier, "value"),
    wildcard: value["wildcard"] === true,
    status: readText(value, "status"),
    challenges: readList(value, "challenges").flatMap(readChallenge),
    retryAfter: session.retryAfter(answer),
  };
}

/** Tells the server that it will find what it looks for; sent again it changes nothing. */
export async function answerChallenge(
  session: AcmeSession,
  signer: Signer,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  await session.post({ action: "accept_challenge", url }, {}, signer, signal);
}

function readChallenge(value: Json): readonly OfferedChallenge[] {
  if (!isJsonObject(value)) return [];
  const object = value as JsonObject;
  const token = readText(object, "token");
  return [
    {
      type: readText(object, "type"),
      url: readText(object, "url"),
      // It stands in paths: what is no token by its form (RFC 8555 §8.3) is none.
      token: /^[A-Za-z0-9_-]{1,256}$/.test(token) ? token : "",
      status: readText(object, "status"),
      problem: problemIn(object["error"]),
    },
  ];
}
