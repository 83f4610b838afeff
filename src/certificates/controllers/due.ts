/** What the checks are told of a Certificate, and when its certificate is to be renewed. */

import type { JsonObject } from "#base/json.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { IssuanceFacts } from "../policies/issuance-chain.ts";
import { type RenewalTime, renewalTime, type Suggestion } from "../policies/renewal-time.ts";
import { isPair } from "../policies/stored-pair.ts";
import { readSuggestion } from "../renewal-suggestion.ts";
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
    current: current === undefined ? undefined : askedBy(world, current),
    renewalTime: findRenewal(world, seen).at,
  };
}

function askedBy(world: World, request: KubeObject): IssuanceFacts["current"] {
  return isConditionTrue(request.status, "Ready")
    ? world.factsOfSigned(request)
    : world.factsOf(request);
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
  const window = readSuggestion(others)?.window;
  return window === undefined ? undefined : { ...window, part: uidFraction(uid, "ari") };
}
