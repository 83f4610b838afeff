/** What the checks are told of a Certificate, and when its certificate is to be renewed. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { IssuanceFacts } from "../policies/issuance-chain.ts";
import { type RenewalTime, renewalTime, type Suggestion } from "../policies/renewal-time.ts";
import { isPair } from "../policies/stored-pair.ts";
import { uidFraction } from "../uid-fraction.ts";
import type { Seen } from "./controller.ts";
import { currentRequest } from "./revision.ts";
import type { World } from "./world.ts";

export function gatherFacts(world: World, seen: Seen): IssuanceFacts {
  const { object, spec, now } = seen;
  const { name, namespace } = object.metadata;
  const secret = world.secret(namespace, spec.secretName);
  const current = currentRequest(world, seen);
  return {
    ...{ name, spec, secret, now },
    pair: world.pairOf(secret),
    current: current === undefined ? undefined : world.factsOf(current),
    renewalTime: findRenewal(world, seen).at,
  };
}

/** By the certificate that there is; nothing where there is none. */
export function findRenewal(world: World, { object, spec, status }: Seen): RenewalTime {
  const pair = world.pairOf(world.secret(object.metadata.namespace, spec.secretName));
  return isPair(pair)
    ? renewalTime(pair.leaf, spec, suggestionOf(object.metadata.uid, status.others))
    : {};
}

/** The turn within the window is one certificate's own and always the same. */
function suggestionOf(uid: string, others: JsonObject): Suggestion | undefined {
  const window = within(within(within(others, "acme"), "ari"), "suggestedWindow");
  const [start, end] = [instantOf(window?.["start"]), instantOf(window?.["end"])];
  return start === undefined || end === undefined
    ? undefined
    : { start, end, part: uidFraction(uid, "ari") };
}

function within(value: JsonObject | undefined, name: string): JsonObject | undefined {
  const inner = value?.[name];
  return isJsonObject(inner) ? (inner as JsonObject) : undefined;
}

/** A moment of a status; undefined for what is none. */
export function instantOf(text: Json | undefined): Temporal.Instant | undefined {
  if (typeof text !== "string") return undefined;
  try {
    return Temporal.Instant.from(text);
  } catch {
    // Anybody may have written it: that it is no moment is the answer.
    return undefined;
  }
}
