/** Orders at an ACME server: made, looked at, finalized (RFC 8555 §7.4). */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { AcmeError } from "./acme-error.ts";
import { type Problem, problemIn } from "./problem.ts";
import { readList, readObject, readText } from "./read-answer.ts";
import type { AcmeSession, Signer } from "./session.ts";
import type { AcmeAnswer } from "./transport.ts";

/** A DNS name, or an IP address (RFC 8738). */
export interface Identifier {
  readonly type: "dns" | "ip";
  readonly value: string;
}

export interface NewOrder {
  readonly identifiers: readonly Identifier[];
  readonly profile?: string | undefined;
  /** The certificate that it replaces, as `renewal-information.ts` names it. */
  readonly replaces?: string | undefined;
  readonly notAfter?: Temporal.Instant | undefined;
}

export interface AcmeOrder {
  readonly url: string;
  readonly status: "pending" | "ready" | "processing" | "valid" | "invalid";
  readonly finalize: string;
  readonly authorizations: readonly string[];
  readonly certificate: string | undefined;
  readonly problem: Problem | undefined;
  /** When to look again, where the server says. */
  readonly retryAfter: Temporal.Duration | undefined;
}

/** Each name of an order is shown ours by one; no CA takes more than a hundred. */
const maxAuthorizations = 1000;

/** Orders a certificate for names. */
export async function createOrder(
  session: AcmeSession,
  signer: Signer,
  { identifiers, profile, replaces, notAfter }: NewOrder,
  signal: AbortSignal,
): Promise<AcmeOrder> {
  const { newOrder } = await session.directory(signal);
  const payload: JsonObject = {
    identifiers: identifiers.map(({ type, value }) => ({ type, value })),
    ...(profile === undefined ? {} : { profile }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(notAfter === undefined ? {} : { notAfter: notAfter.toString() }),
  };
  const answer = await session.post(
    { action: "create_order", url: newOrder },
    payload,
    signer,
    signal,
  );
  const url = answer.headers["location"];
  if (url === undefined) throw new AcmeError("unreadable", "an order without a URL");
  return orderOf(session, answer, url);
}

/** How an order stands. */
export async function getOrder(
  session: AcmeSession,
  signer: Signer,
  url: string,
  signal: AbortSignal,
): Promise<AcmeOrder> {
  const answer = await session.post({ action: "get_order", url }, undefined, signer, signal);
  return orderOf(session, answer, url);
}

/** Sends the certificate signing request, in DER. */
export async function finalizeOrder(
  session: AcmeSession,
  signer: Signer,
  { order, csr }: { readonly order: AcmeOrder; readonly csr: Uint8Array },
  signal: AbortSignal,
): Promise<AcmeOrder> {
  const payload = { csr: Buffer.from(csr).toString("base64url") };
  const answer = await session.post(
    { action: "finalize_order", url: order.finalize },
    payload,
    signer,
    signal,
  );
  return orderOf(session, answer, order.url);
}

function orderOf(session: AcmeSession, answer: AcmeAnswer, url: string): AcmeOrder {
  const value = readObject(answer);
  const status = readText(value, "status");
  if (!isStatus(status)) throw new AcmeError("unreadable", "an order in no state that there is");
  const certificate = readText(value, "certificate");
  return {
    url,
    status,
    finalize: readText(value, "finalize"),
    authorizations: readList(value, "authorizations")
      .slice(0, maxAuthorizations)
      .filter((one) => typeof one === "string"),
    certificate: certificate === "" ? undefined : certificate,
    problem: isJsonObject(value["error"]) ? problemIn(value["error"]) : undefined,
    retryAfter: session.retryAfter(answer),
  };
}

function isStatus(text: string): text is AcmeOrder["status"] {
  return ["pending", "ready", "processing", "valid", "invalid"].includes(text);
}
