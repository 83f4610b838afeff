/**
 * Whether a Challenge is one that an Order of ours made. Whoever may write Challenges could else have an issuer's
 * credentials used, or an answer of theirs served, for any name: what counts is looked up, and never taken from the object.
 */

import { err, ok, type Result } from "#base/result.ts";
import type { Challenge } from "#kinds/cert-manager/challenge.ts";
import { type Order, orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, kindId } from "#kinds/object.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";
import type { AcmeStore } from "../acme-deps.ts";
import { type PlannedChallenge, planChallenge } from "../orders/challenge-draft.ts";

/** The Order that a Challenge belongs to. */
export interface OwnOrder {
  readonly object: KubeObject;
  readonly order: Order;
}

/** Finds the Order that owns a Challenge, and that has the authorization that it is about. */
export async function findOwnOrder(
  store: AcmeStore,
  challenge: KubeObject,
): Promise<Result<OwnOrder, string>> {
  const { namespace, ownerReferences } = challenge.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined || kindId(owner.apiVersion, owner.kind) !== orderKind.id)
    return err("it belongs to no Order");
  const object = await store.get({ kind: orderKind.id, namespace, name: owner.name });
  const order = object === undefined ? undefined : read(orderKind, object).value;
  if (object === undefined || order === undefined || object.metadata.uid !== owner.uid)
    return err("the Order that it belongs to is not there");
  return ok({ object, order });
}

/** How it is to be solved by what the issuer says now; the error says what of the Challenge is not as it was made. */
export function planFor(
  { spec }: Challenge,
  own: OwnOrder,
  access: AcmeAccess,
): Result<PlannedChallenge, string> {
  const authorizations = readOrderStatus(own.object).authorizations ?? [];
  const authorization = authorizations.find(({ url }) => url === spec.authorizationURL);
  if (authorization === undefined) return err("its Order has no such authorization");
  const planned = planChallenge(own.object, own.order, authorization, access);
  if (!planned.ok) return planned;
  const fields = ["url", "dnsName", "type", "token", "key"] as const;
  const isSame = fields.every((field) => planned.value.spec[field] === spec[field]);
  return isSame ? planned : err("it is not as its Order would make it now");
}
