/**
 * Orders brought to their end, one step a call:
 *
 *   no URL yet           → ordered at the server, its URL kept, then what its authorizations say
 *   pending              → a Challenge for each name that is not shown ours yet; wait for them
 *   ready                → finalized with the request as it stands in the Order
 *   processing           → looked at again when the server says
 *   valid                → the certificate fetched, checked and kept; the Challenges go
 *   invalid and the like → the reason kept; the Challenges go
 *
 * Nothing is kept in memory: a step that is done again after a crash finds its order by the URL. An order whose URL was
 * not kept is left to expire at the server; it was never finalized.
 */

import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { orderKind, readOrderStatus } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { findAccess } from "../accounts/acme-access.ts";
import { AcmeError } from "../client/acme-error.ts";
import { again, done, type Reconciled } from "../reconciled.ts";
import { clockProblem } from "./clock-skew.ts";
import { removeChallenges } from "./order-challenges.ts";
import { placeOrder } from "./order-placement.ts";
import { takeStep } from "./order-steps.ts";
import { fail, keepReason, type OrderDeps, type OrderWork, sourceOf } from "./order-work.ts";
import { whyNotOurs } from "./own-order.ts";

const waitForIssuer = Temporal.Duration.from({ minutes: 1 });
const waitForRequest = Temporal.Duration.from({ minutes: 1 });
/** A server that was asked too often, and does not say for how long it wants to hear nothing, is left alone for so long. */
const usualBlock = Temporal.Duration.from({ minutes: 1 });
const waitForClock = Temporal.Duration.from({ minutes: 1 });

/** Takes one Order a step further. Throws StoreError when somebody else wrote it in the meantime. */
export async function reconcileOrder(
  deps: OrderDeps,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<Reconciled> {
  const object = await deps.store.get(key);
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return done;
  const { value: order, problems } = read(orderKind, object);
  const status = readOrderStatus(object);
  if (isFinalState(status.state)) {
    await removeChallenges(deps.store, object);
    return done;
  }
  const seen = { deps, object, status };
  if (order === undefined) {
    const [{ path = "", message = "" } = {}] = problems;
    await say(
      seen,
      "NotProcessed",
      `Nothing is done for it, as it cannot be read: ${path} ${message}`,
    );
    return done;
  }
  const foreign = await whyNotOurs(deps.store, object, order);
  if (foreign !== undefined) {
    const ofRequests =
      "Orders are made for approved CertificateRequests, and by hand have no effect";
    await say(seen, "NotProcessed", `Nothing is done for it: ${foreign}; ${ofRequests}`);
    return again(waitForRequest, foreign);
  }
  const access = await findAccess(deps, order.spec.issuerRef, key.namespace);
  if (!access.ok) {
    await say(seen, "IssuerNotReady", access.error);
    return again(waitForIssuer, access.error);
  }
  return await attempt({ deps, object, order, status, access: access.value, signal });
}

async function attempt(work: OrderWork): Promise<Reconciled> {
  try {
    const { url } = work.status;
    if (url !== undefined) {
      const access = await work.deps.twins.accessFor(work.access, url, work.signal);
      return await takeStep({ ...work, access });
    }
    const problem = await clockProblem(work.access.session, work.signal);
    if (problem === undefined) return await placeOrder(work);
    await say(work, "ClockSkew", problem);
    return again(waitForClock, problem);
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return await recover(work, error);
  }
}

/** What passes by itself is no failure of the Order: it waits. A server forgets orders that nobody finished. */
async function recover(work: OrderWork, error: AcmeError): Promise<Reconciled> {
  if (error.problem?.status === 404 && work.status.url !== undefined)
    return await fail(work, { state: "expired", reason: error.message });
  if (!error.retryable && error.code !== "unreadable")
    return await fail(work, { state: "errored", reason: error.message });
  if (error.code === "rate-limited")
    await work.deps.limits.block(sourceOf(work), error.retryAfter ?? usualBlock);
  await say(work, error.code === "rate-limited" ? "RateLimited" : "Unreachable", error.message);
  return { kind: "outage", retryAfter: error.retryAfter, reason: error.message };
}

/** Kept once: an Event a try would be a flood. */
async function say(
  work: Pick<OrderWork, "deps" | "object" | "status">,
  reason: string,
  message: string,
): Promise<void> {
  if (work.status.reason === message) return;
  await keepReason(work, message);
  await work.deps.tell(work.object, { type: "Warning", reason, message });
}
