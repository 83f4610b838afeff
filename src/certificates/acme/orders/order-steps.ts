/** The steps of an Order at its ACME server; each ends with what is kept in the Order's status. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import type { Json, JsonObject } from "#base/json.ts";
import { parsePem } from "#crypto/pem.ts";
import { parseSigningRequest } from "#crypto/signing-request.ts";
import type { Order, OrderAuthorization, OrderStatus } from "#kinds/cert-manager/order.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { AcmeAccess } from "../accounts/acme-access.ts";
import type { Sessions } from "../accounts/sessions.ts";
import type { AcmeDeps } from "../acme-deps.ts";
import { AcmeError } from "../client/acme-error.ts";
import { getAuthorization } from "../client/authorizations.ts";
import { downloadChain } from "../client/chains.ts";
import {
  type AcmeOrder,
  createOrder,
  finalizeOrder,
  getOrder,
  type Identifier,
  type NewOrder,
} from "../client/orders.ts";
import { formatProblem } from "../client/problem.ts";
import type { OrderLimits, OrderSource } from "../limits/order-limits.ts";
import { again, type Reconciled } from "../reconciled.ts";
import type { Twins } from "../rehearsal.ts";
import { proveNames, removeChallenges, unsolvable } from "./order-challenges.ts";

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

interface RequestBytes {
  readonly der: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

/** A server that says nothing is asked so often. */
const usualPause = Temporal.Duration.from({ milliseconds: 500 });
const leastPause = Temporal.Duration.from({ milliseconds: 100 });

/** Between two looks at Challenges of which no change was heard. */
const secondLook = Temporal.Duration.from({ minutes: 5 });

/** By whose limits an Order is counted. */
export function sourceOf({ access: { config, signer } }: OrderWork): OrderSource {
  return { directory: config.server, account: signer.account };
}

/** Orders at the server, if it allows that now, and keeps where the order is. */
export async function placeOrder(work: OrderWork): Promise<Reconciled> {
  const { access, signal, deps } = work;
  if (deps.twins.has(access) && (await deps.limits.hasFailed(sourceOf(work), namesOf(work)))) {
    const twin = await deps.twins.access(access, signal);
    if (twin !== undefined) return await rehearse({ ...work, access: twin });
  }
  const permission = await deps.limits.take(sourceOf(work), wishOf(work));
  if (permission.kind === "wait") {
    await keepReason(work, permission.message);
    const retryAfter = permission.until.since(deps.clock.now());
    return { kind: "outage", retryAfter, reason: permission.message };
  }
  return await keepPlaced(work, await orderAnew(work));
}

/** The same at the staging twin, where nothing is finalized: only the names are shown to be ours. */
async function rehearse(work: OrderWork): Promise<Reconciled> {
  const { session, signer } = work.access;
  const { identifiers } = wishOf(work);
  const placed = await createOrder(session, signer, { identifiers }, work.signal);
  const message = "the names failed before: they are tried at the server's staging twin first";
  await work.deps.tell(work.object, { type: "Normal", reason: "Rehearsed", message });
  return await keepPlaced(work, placed);
}

async function keepPlaced(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  const { access, signal } = work;
  const authorizations: OrderAuthorization[] = [];
  for (const url of placed.authorizations)
    authorizations.push(await readAuthorization(access, url, signal));
  await keep(work, {
    url: placed.url,
    finalizeURL: placed.finalize,
    authorizations,
    state: stateOf(placed),
  });
  return again({ seconds: 0 }, "ordered");
}

/** Does what an order that was placed needs next. */
export async function takeStep(work: OrderWork): Promise<Reconciled> {
  const { status, object, order, access, deps } = work;
  const authorizations = status.authorizations ?? [];
  if (!isComplete(status)) return await keepPlaced(work, await look(work));
  if (status.state === "pending") {
    const proof = await proveNames(deps, { object, order, authorizations }, access);
    if (!proof.ok)
      return await fail(work, {
        state: "errored",
        reason: unsolvable(proof.error),
        event: "Solver",
      });
    if (proof.value.kind === "pending") return again(secondLook, "names are being shown ours");
    if (proof.value.kind === "failed") {
      if (deps.twins.has(access)) await deps.limits.noteFailure(sourceOf(work), namesOf(work));
      return await fail(work, { state: "invalid", reason: proof.value.reason });
    }
  }
  return await advance(work, await look(work));
}

/** cert-manager keeps where an order and its authorizations are first, and then what they say. */
function isComplete({ state, authorizations = [] }: OrderStatus): boolean {
  return state !== undefined && authorizations.every(({ identifier }) => identifier !== undefined);
}

/** What was shown at the twin will be found by the server, too: the Order begins anew there. */
async function endRehearsal(work: OrderWork): Promise<Reconciled> {
  const { deps, object } = work;
  // From now on no Challenge is made for it again.
  if (work.status.state !== "ready") {
    await keepState(work, "ready");
    return again({ seconds: 0 }, "the names passed at the staging twin");
  }
  // What they had made is cleaned up by what the Order says of them.
  if ((await removeChallenges(deps.store, object)) > 0)
    return again({ seconds: 1 }, "the Challenges of the rehearsal go");
  await deps.limits.forgetFailure(sourceOf(work), namesOf(work));
  await keep(work, {});
  return again({ seconds: 0 }, "the names passed at the staging twin");
}

function isRehearsal({ deps, access, status }: OrderWork): boolean {
  return deps.twins.isAtTwin(access, status.url ?? "");
}

function namesOf(work: OrderWork): readonly string[] {
  return wishOf(work).identifiers.map(({ value }) => value);
}

async function look({ access, status, signal }: OrderWork): Promise<AcmeOrder> {
  return await getOrder(access.session, access.signer, status.url ?? "", signal);
}

async function advance(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  switch (placed.status) {
    case "pending":
      return again(pauseFor(placed), "the server does not count all names as shown yet");
    case "ready":
      if (isRehearsal(work)) return await endRehearsal(work);
      return await advanceFinalized(work, await finalize(work, placed));
    case "processing":
      await keepState(work, "processing");
      return again(pauseFor(placed), "the server makes the certificate");
    case "valid":
      return await fetchCertificate(work, placed);
    case "invalid":
      return await fail(work, {
        state: "invalid",
        reason: placed.problem === undefined ? "" : formatProblem(placed.problem),
      });
  }
}

/** What a server answers to the request itself is often the end already. */
async function advanceFinalized(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  if (placed.status !== "ready") return await advance(work, placed);
  return again(pauseFor(placed), "the server has the request");
}

async function finalize(work: OrderWork, order: AcmeOrder): Promise<AcmeOrder> {
  const { access, signal } = work;
  const { der } = requestOf(work);
  try {
    return await finalizeOrder(access.session, access.signer, { order, csr: der }, signal);
  } catch (error) {
    // Sent once before, and the answer was lost: the order itself says how it stands.
    if (error instanceof AcmeError && error.problem?.type === "orderNotReady")
      return await look(work);
    throw error;
  }
}

function requestOf({ order }: OrderWork): RequestBytes {
  const pem = Buffer.from(order.spec.request, "base64");
  const der = parsePem(pem, ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]);
  if (!der.ok) throw new AcmeError("refused", `the Order holds ${der.error}`);
  const request = parseSigningRequest(pem);
  if (!request.ok) throw new AcmeError("refused", `the Order holds ${request.error}`);
  return { der: der.value, publicKey: request.value.publicKey };
}

async function fetchCertificate(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  const { access, signal, deps, object } = work;
  const { session, signer, config } = access;
  const url = placed.certificate;
  if (url === undefined) throw new AcmeError("unreadable", "a valid order without a certificate");
  const chain = await downloadChain(
    session,
    signer,
    { url, preferred: config.preferredChain },
    signal,
  );
  const { publicKey } = requestOf(work);
  if (Buffer.compare(chain.leafKey, publicKey) !== 0)
    return await fail(work, {
      state: "errored",
      reason: "the server issued a certificate for another key",
    });
  if (Temporal.Instant.compare(chain.notAfter, deps.clock.now()) <= 0)
    return await fail(work, {
      state: "errored",
      reason: "the server issued a certificate that has expired",
    });
  const certificate = Buffer.from(chain.pem).toString("base64");
  await keep(work, { ...withoutReason(work.status), state: "valid", certificate });
  await deps.tell(object, {
    type: "Normal",
    reason: "Complete",
    message: "Order completed successfully",
  });
  return again({ seconds: 0 }, "complete");
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
  await deps.tell(object, { type: "Warning", reason: event, message: reason });
  return again({ seconds: 0 }, "failed");
}

/** Keeps why it does not go on now; it goes on later. */
export async function keepReason(work: OrderWork, reason: string): Promise<void> {
  if (work.status.reason !== reason) await keep(work, { ...work.status, reason });
}

async function keepState(work: OrderWork, state: "processing" | "ready"): Promise<void> {
  if (work.status.state !== state) await keep(work, { ...withoutReason(work.status), state });
}

function withoutReason({ reason: _, ...others }: OrderStatus): OrderStatus {
  return others;
}

/** Only in place of what was read: who wrote in the meantime knows more. */
async function keep({ deps, object }: OrderWork, status: OrderStatus): Promise<void> {
  const plain = { ...status } as JsonObject as Json;
  await deps.store.replaceStatus(keyOf(object), plain, object.metadata.resourceVersion);
}

function pauseFor({ retryAfter = usualPause }: AcmeOrder): Temporal.Duration {
  return Temporal.Duration.compare(retryAfter, leastPause) < 0 ? leastPause : retryAfter;
}

function stateOf({ status }: AcmeOrder): "pending" | "ready" | "processing" {
  return status === "ready" || status === "processing" ? status : "pending";
}

function wishOf({ order: { spec }, deps }: OrderWork): NewOrder {
  const { commonName = "", dnsNames = [], ipAddresses = [] } = spec;
  const names = new Set([...dnsNames, commonName]);
  for (const other of ["", ...ipAddresses]) names.delete(other);
  const identifiers: readonly Identifier[] = [
    ...[...names].map((value) => ({ type: "dns", value }) as const),
    ...ipAddresses.map((value) => ({ type: "ip", value }) as const),
  ];
  const milliseconds = parseGoDurationMs(spec.duration ?? "");
  const notAfter =
    milliseconds === undefined ? undefined : deps.clock.now().add({ milliseconds }).round("second");
  const [profile, replaces] = [spec.profile || undefined, spec.replaces || undefined];
  return { identifiers, profile, replaces, notAfter };
}

/** What a server does not take for the successor of a certificate it may take as a new one. */
async function orderAnew(work: OrderWork): Promise<AcmeOrder> {
  const { session, signer } = work.access;
  const { renewalInfo } = await session.directory(work.signal);
  const asked = wishOf(work);
  // RFC 9773 §5: only a server that says when to renew knows what a successor is.
  const wish = renewalInfo === undefined ? { ...asked, replaces: undefined } : asked;
  try {
    return await createOrder(session, signer, wish, work.signal);
  } catch (error) {
    const isRefused = error instanceof AcmeError && error.code === "refused";
    if (!isRefused || wish.replaces === undefined) throw error;
    return await createOrder(session, signer, { ...wish, replaces: undefined }, work.signal);
  }
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
