/** One Order that is worked on, and what is kept of it in its status. */

import type { Json, JsonObject } from "#base/json.ts";
import type { Order, OrderStatus } from "#kinds/cert-manager/order.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import type { Identifier } from "../client/orders.ts";
import type { OrderLimits, OrderSource } from "../limits/order-limits.ts";
import { again, type Reconciled } from "../reconciled.ts";
import type { Twins } from "../rehearsal.ts";

export type OrderDeps = AcmeDeps & {
  readonly sessions: Sessions;
  readonly limits: OrderLimits;
  readonly twins: Twins;
};

/** One Order, and whose account it is ordered by. */
export interface OrderWork {
  readonly deps: OrderDeps;
  readonly object: KubeObject;
  readonly order: Order;
  readonly status: OrderStatus;
  readonly access: AcmeAccess;
  readonly signal: AbortSignal;
}

/** By whose limits an Order is counted. */
export function sourceOf({ access: { config, signer } }: OrderWork): OrderSource {
  return { directory: config.server, account: signer.account };
}

/** The names that it is for. */
export function identifiersOf({ order: { spec } }: OrderWork): readonly Identifier[] {
  const { commonName = "", dnsNames = [], ipAddresses = [] } = spec;
  const names = new Set([...dnsNames, commonName]);
  for (const other of ["", ...ipAddresses]) names.delete(other);
  return [
    ...[...names].map((value) => ({ type: "dns", value }) as const),
    ...ipAddresses.map((value) => ({ type: "ip", value }) as const),
  ];
}

/** The same, as text. */
export function namesOf(work: OrderWork): readonly string[] {
  return identifiersOf(work).map(({ value }) => value);
}

/** Ends an Order that cannot succeed any more. */
export async function fail(
  work: OrderWork,
  {
    state,
    reason,
    event = "Failed",
  }: {
    readonly state: "invalid" | "expired" | "errored";
    readonly reason: string;
    readonly event?: "Failed" | "Solver";
  },
): Promise<Reconciled> {
  const { deps, object, status } = work;
  const failureTime = deps.clock.now().round("second").toString();
  await keep(work, { ...status, state, reason, failureTime });
  // After what is kept: who dies in between has counted one too many, never one too few.
  if (state === "invalid" && !deps.twins.isAtTwin(work.access, status.url ?? "")) {
    const replaces = work.order.spec.replaces || undefined;
    await deps.limits.giveBack(sourceOf(work), { identifiers: identifiersOf(work), replaces });
  }
  await deps.tell(object, { type: "Warning", reason: event, message: reason });
  return again({ seconds: 0 }, "failed");
}

/** Keeps why it does not go on now; it goes on later. */
export async function keepReason(
  work: Pick<OrderWork, "deps" | "object" | "status">,
  reason: string,
): Promise<void> {
  if (work.status.reason !== reason) await keep(work, { ...work.status, reason });
}

/** Only in place of what was read: who wrote in the meantime knows more. */
export async function keep(
  { deps, object }: Pick<OrderWork, "deps" | "object">,
  status: OrderStatus,
): Promise<void> {
  const plain = { ...status } as JsonObject as Json;
  await deps.store.replaceStatus(keyOf(object), plain, object.metadata.resourceVersion);
}

/** What is kept once nothing holds an Order up any more. */
export function withoutReason({ reason: _, ...others }: OrderStatus): OrderStatus {
  return others;
}
