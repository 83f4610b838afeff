/** An Order placed at its ACME server, when that is allowed; where it is there is kept in the Order's status. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import type { OrderAuthorization, OrderStatus } from "#kinds/cert-manager/order.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";
import { AcmeError } from "../client/acme-error.ts";
import { getAuthorization } from "../client/authorizations.ts";
import { type AcmeOrder, createOrder, type NewOrder } from "../client/orders.ts";
import { again, type Reconciled } from "../reconciled.ts";
import {
  identifiersOf,
  keep,
  keepReason,
  namesOf,
  type OrderWork,
  sourceOf,
  withoutReason,
} from "./order-work.ts";

/** Orders at the server, if it allows that now, and keeps where the order is. */
export async function placeOrder(work: OrderWork): Promise<Reconciled> {
  const { access, signal, deps } = work;
  if (deps.twins.has(access) && (await deps.limits.hasFailed(sourceOf(work), namesOf(work)))) {
    const twin = await deps.twins.access(access, signal);
    if (twin !== undefined) return await rehearse({ ...work, access: twin });
  }
  const wish = await servedWish(work);
  try {
    return await placeCounted(work, wish);
  } catch (error) {
    if (wish.replaces === undefined || !mayBeForReplacing(error, work.status)) throw error;
    return await placeCounted(work, { ...wish, replaces: undefined });
  }
}

/** Orders, if the limits that are known have room for it now. */
async function placeCounted(work: OrderWork, wish: NewOrder): Promise<Reconciled> {
  const { deps } = work;
  const permission = await deps.limits.take(sourceOf(work), wish);
  if (permission.kind === "wait") {
    await keepReason(work, permission.message);
    const retryAfter = permission.until.since(deps.clock.now());
    return { kind: "outage", retryAfter, reason: permission.message };
  }
  return await keepPlaced(work, await orderCounted(work, wish));
}

/** What was not ordered, or nobody knows of, is never finalized: no certificate comes of it. */
async function orderCounted(work: OrderWork, wish: NewOrder): Promise<AcmeOrder> {
  const { access, signal, deps } = work;
  try {
    return await createOrder(access.session, access.signer, wish, signal);
  } catch (error) {
    await deps.limits.giveBack(sourceOf(work), wish);
    throw error;
  }
}

/** The same at the staging twin, where nothing is finalized: only the names are shown to be ours. */
async function rehearse(work: OrderWork): Promise<Reconciled> {
  const { session, signer } = work.access;
  const identifiers = identifiersOf(work);
  const placed = await createOrder(session, signer, { identifiers }, work.signal);
  const message = "the names failed before: they are tried at the server's staging twin first";
  await work.deps.tell(work.object, { type: "Normal", reason: "Rehearsed", message });
  return await keepPlaced(work, placed);
}

/**
 * Keeps where the order is before anything else is asked: what fails or ends from here on finds it again, and leaves none
 * behind at the server.
 */
export async function keepPlaced(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  await keep(work, {
    url: placed.url,
    finalizeURL: placed.finalize,
    authorizations: placed.authorizations.map((url) => ({ url })),
    state: stateOf(placed),
  });
  return again({ seconds: 0 }, "ordered");
}

/** Keeps what the authorizations of an order say, by which names are shown to be ours. */
export async function keepAuthorizations(work: OrderWork): Promise<Reconciled> {
  const { access, signal, status } = work;
  const authorizations: OrderAuthorization[] = [];
  for (const { url } of status.authorizations ?? [])
    authorizations.push(await readAuthorization(access, url, signal));
  await keep(work, { ...withoutReason(status), authorizations });
  return again({ seconds: 0 }, "the authorizations are known");
}

function stateOf({ status }: AcmeOrder): "pending" | "ready" | "processing" {
  return status === "ready" || status === "processing" ? status : "pending";
}

function wishOf(work: OrderWork): NewOrder {
  const { spec } = work.order;
  const milliseconds = parseGoDurationMs(spec.duration ?? "");
  const notAfter =
    milliseconds === undefined
      ? undefined
      : work.deps.clock.now().add({ milliseconds }).round("second");
  const [profile, replaces] = [spec.profile || undefined, spec.replaces || undefined];
  return { identifiers: identifiersOf(work), profile, replaces, notAfter };
}

/** RFC 9773 §5: only a server that says when to renew knows what a successor is. */
async function servedWish(work: OrderWork): Promise<NewOrder> {
  const { renewalInfo } = await work.access.session.directory(work.signal);
  const wish = wishOf(work);
  return renewalInfo === undefined ? { ...wish, replaces: undefined } : wish;
}

/**
 * What a server does not take for the successor of a certificate it may take as a new one. It has to refuse it (RFC 9773 §5);
 * there are some that fail of it: then they say the same the next time.
 */
function mayBeForReplacing(error: unknown, { reason }: OrderStatus): boolean {
  if (!(error instanceof AcmeError) || error.problem === undefined) return false;
  if (error.code === "refused") return true;
  return error.problem.status >= 500 && error.message === reason;
}

async function readAuthorization(
  { session, signer }: AcmeAccess,
  url: string,
  signal: AbortSignal,
): Promise<OrderAuthorization> {
  const { identifier, wildcard, status, challenges } = await getAuthorization(
    session,
    signer,
    url,
    signal,
  );
  return {
    url,
    identifier,
    ...(wildcard ? { wildcard } : {}),
    initialState: status === "valid" ? "valid" : "pending",
    challenges: challenges.map(({ url, token, type }) => ({ url, token, type })),
  };
}
