/** The steps of an Order that was placed at its ACME server; each ends with what is kept in the Order's status. */

import { parsePem } from "#crypto/pem.ts";
import { parseSigningRequest } from "#crypto/x509/signing-request.ts";
import { AcmeError } from "../client/acme-error.ts";
import { downloadChain } from "../client/chains.ts";
import { type AcmeOrder, finalizeOrder, getOrder } from "../client/orders.ts";
import { formatProblem } from "../client/problem.ts";
import { pollingPause } from "../polling.ts";
import { again, type Reconciled } from "../reconciled.ts";
import { proveNames, removeChallenges, unsolvable } from "./order-challenges.ts";
import { keepAuthorizations, keepPlaced } from "./order-placement.ts";
import { fail, keep, namesOf, type OrderWork, sourceOf, withoutReason } from "./order-work.ts";

interface RequestBytes {
  readonly der: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
}

/** A server that says nothing is asked so often at first. */
const usualPauseMs = 500;

/** Between two looks at Challenges of which no change was heard. */
const secondLook = Temporal.Duration.from({ minutes: 5 });

/** Does what an order that was placed needs next. */
export async function takeStep(work: OrderWork): Promise<Reconciled> {
  const { status, object, order, access, deps } = work;
  const authorizations = status.authorizations ?? [];
  if (status.state === undefined) return await keepPlaced(work, await look(work));
  // Kept with an order is where they are; what they say is asked then.
  if (authorizations.some(({ identifier }) => identifier === undefined))
    return await keepAuthorizations(work);
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

async function look({ access, status, signal }: OrderWork): Promise<AcmeOrder> {
  return await getOrder(access.session, access.signer, status.url ?? "", signal);
}

async function advance(work: OrderWork, placed: AcmeOrder): Promise<Reconciled> {
  switch (placed.status) {
    case "pending":
      return again(pauseFor(work, placed), "the server does not count all names as shown yet");
    case "ready":
      if (isRehearsal(work)) return await endRehearsal(work);
      return await advanceFinalized(work, await finalize(work, placed));
    case "processing":
      await keepState(work, "processing");
      return again(pauseFor(work, placed), "the server makes the certificate");
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
  return again(pauseFor(work, placed), "the server has the request");
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

async function keepState(work: OrderWork, state: "processing" | "ready"): Promise<void> {
  if (work.status.state !== state) await keep(work, { ...withoutReason(work.status), state });
}

function pauseFor({ object, deps }: OrderWork, { retryAfter }: AcmeOrder): Temporal.Duration {
  const since = Temporal.Instant.from(object.metadata.creationTimestamp);
  return pollingPause({ retryAfter, since, now: deps.clock.now() }, usualPauseMs);
}
