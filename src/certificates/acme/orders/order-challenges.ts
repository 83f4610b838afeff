/** The Challenges of an Order: made for what is not shown ours yet, looked at, removed when the Order has ended. */

import { ok, type Result } from "#base/result.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import type { Order, OrderAuthorization } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { StoreError } from "#store/object-store.ts";
import { unlessGone } from "#store/unless-gone.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";
import type { AcmeDeps, AcmeStore } from "../acme-deps.ts";
import { planChallenge } from "./challenge-draft.ts";

/** The Challenges that belong to an Order. */
async function challengesOf(store: AcmeStore, order: KubeObject): Promise<readonly KubeObject[]> {
  const { items } = await store.list(challengeKind.id, order.metadata.namespace);
  return items.filter(({ metadata }) =>
    metadata.ownerReferences.some(
      ({ uid, controller }) => controller === true && uid === order.metadata.uid,
    ),
  );
}

/** Whether all names are shown ours, and if not, whether that can still be. */
export type Proof =
  | { readonly kind: "complete" }
  | { readonly kind: "pending" }
  | { readonly kind: "failed"; readonly reason: string };

/** Has a Challenge for each authorization that was not valid from the start. The error: no solver takes one of them. */
export async function proveNames(
  { store, tell }: Pick<AcmeDeps, "store" | "tell">,
  {
    object,
    order,
    authorizations,
  }: {
    readonly object: KubeObject;
    readonly order: Order;
    readonly authorizations: readonly OrderAuthorization[];
  },
  access: AcmeAccess,
): Promise<Result<Proof, string>> {
  const needed = authorizations.filter(({ initialState }) => initialState !== "valid");
  const there = await challengesOf(store, object);
  const challenges: KubeObject[] = [];
  for (const authorization of needed) {
    const planned = planChallenge(object, order, authorization, access);
    if (!planned.ok) return planned;
    const { draft, spec } = planned.value;
    // By what it is about: cert-manager names it otherwise.
    const known = there.find((one) => {
      const about = read(challengeKind, one).value?.spec;
      return about?.authorizationURL === spec.authorizationURL && about.url === spec.url;
    });
    if (known !== undefined) {
      challenges.push(known);
      continue;
    }
    try {
      challenges.push(await store.create(draft));
    } catch (error) {
      // Ours, seen late, or somebody else's: the next look tells.
      if (!(error instanceof StoreError) || error.code !== "exists") throw error;
      return ok({ kind: "pending" });
    }
    const message = `Created Challenge resource "${draft.metadata.name}" for domain "${authorization.identifier}"`;
    await tell(object, { type: "Normal", reason: "Created", message });
  }
  return ok(judge(challenges));
}

function judge(challenges: readonly KubeObject[]): Proof {
  const statuses = challenges.map(readChallengeStatus);
  const failed = statuses.find(({ state }) => isFinalState(state) && state !== "valid");
  if (failed !== undefined) return { kind: "failed", reason: failed.reason ?? "" };
  return { kind: statuses.every(({ state }) => state === "valid") ? "complete" : "pending" };
}

/** Removes the Challenges of an Order; each goes once what was made for it is cleaned up. How many there still are. */
export async function removeChallenges(store: AcmeStore, order: KubeObject): Promise<number> {
  const challenges = await challengesOf(store, order);
  for (const challenge of challenges) {
    if (challenge.metadata.deletionTimestamp !== undefined) continue;
    await unlessGone(store.remove(keyOf(challenge), { uid: challenge.metadata.uid }));
  }
  return challenges.length;
}

/** For the error of a name that none can take. */
export function unsolvable(reason: string): string {
  return `Failed to determine a valid solver configuration for the set of domains on the Order: ${reason}`;
}
