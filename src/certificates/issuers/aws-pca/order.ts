/**
 * What AWS Private CA is asked for by one request: put down on the request before it is sent, so that after a crash the same
 * is sent again and AWS, which knows it by its token for five minutes, makes no second certificate.
 */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { sha256 } from "#base/sha256.ts";

/** All that `IssueCertificate` takes but the signing request, in the order in which it is sent. */
export interface OrderTerms {
  readonly CertificateAuthorityArn: string;
  readonly SigningAlgorithm: string;
  readonly TemplateArn: string;
  readonly Validity: { readonly Type: "ABSOLUTE"; readonly Value: number };
  readonly IdempotencyToken: string;
}

export interface Order {
  /** 1 at first; one more whenever it could no longer be known what became of the one before. */
  readonly round: number;
  /** When it was first about to be sent; absent once AWS has said that it did nothing. */
  readonly sent?: Temporal.Instant;
  readonly terms: OrderTerms;
}

/** AWS knows a token for five minutes; what is sent again must arrive within them. */
const tokenLife = Temporal.Duration.from({ minutes: 5 });
const wayThere = Temporal.Duration.from({ seconds: 30 });

/** Where an order is put down. */
export const orderAnnotation = "sekisho.dev/aws-pca-order";

/** 36 characters at most, which say nothing to those who do not know the request. */
export function idempotencyToken(uid: string, request: string, round: number): string {
  const parts = [uid, request, ...(round === 1 ? [] : [`${round}`])];
  return sha256(Buffer.from(parts.join("\n"))).slice(0, 36);
}

/** The bytes of the call. `request` is the PEM text of the signing request, which cannot change. */
export function orderBody({ terms }: Order, request: string): string {
  return JSON.stringify({ ...terms, Csr: Buffer.from(request).toString("base64") });
}

export function formatOrder({ round, sent, terms }: Order): string {
  return JSON.stringify({ round, ...(sent === undefined ? {} : { sent: sent.toString() }), terms });
}

/** The order that a request carries; undefined when it carries none that we could have put there. */
export function parseOrder(text: string): Order | undefined {
  const read = parseJson(text);
  const terms = read?.["terms"];
  const validity = isJsonObject(terms) ? terms["Validity"] : undefined;
  if (read === undefined || !isJsonObject(terms) || !isJsonObject(validity)) return undefined;
  const { round, sent } = read as { readonly round?: Json; readonly sent?: Json };
  const texts = [
    "CertificateAuthorityArn",
    "SigningAlgorithm",
    "TemplateArn",
    "IdempotencyToken",
  ].map((name) => (terms as JsonObject)[name]);
  const [arn, algorithm, template, token] = texts;
  const { Type, Value } = validity as { readonly Type?: Json; readonly Value?: Json };
  if (typeof round !== "number" || !Number.isSafeInteger(round) || round < 1) return undefined;
  if (typeof arn !== "string" || typeof algorithm !== "string") return undefined;
  if (typeof template !== "string" || typeof token !== "string") return undefined;
  if (Type !== "ABSOLUTE" || typeof Value !== "number" || !Number.isSafeInteger(Value))
    return undefined;
  const instant = typeof sent === "string" ? parseInstant(sent) : undefined;
  if (sent !== undefined && instant === undefined) return undefined;
  return {
    round,
    ...(instant === undefined ? {} : { sent: instant }),
    terms: {
      CertificateAuthorityArn: arn,
      SigningAlgorithm: algorithm,
      TemplateArn: template,
      Validity: { Type, Value },
      IdempotencyToken: token,
    },
  };
}

function parseJson(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? value : undefined;
  } catch {
    // A user may have written anything there; then it is no order of ours.
    return undefined;
  }
}

function parseInstant(text: string): Temporal.Instant | undefined {
  try {
    return Temporal.Instant.from(text);
  } catch {
    // As above.
    return undefined;
  }
}

export type NextStep =
  /** Put it down, then send it. */
  | { readonly kind: "begin"; readonly order: Order; readonly lost: boolean }
  /** It may be on its way: send it again as it is. */
  | { readonly kind: "repeat"; readonly order: Order }
  /** It may be on its way and cannot be repeated: what becomes of it is known at `until`. */
  | { readonly kind: "wait"; readonly until: Temporal.Instant };

export interface Situation {
  readonly now: Temporal.Instant;
  /** What the request carries. */
  readonly found: Order | undefined;
  /** What would be asked for now, in a round. */
  readonly fresh: (round: number) => OrderTerms;
}

/** Decides what to do for a request that has no certificate yet. */
export function nextStep({ now, found, fresh }: Situation): NextStep {
  const begin = (round: number, lost: boolean): NextStep => ({
    ...{ kind: "begin", lost },
    order: { round, sent: now, terms: fresh(round) },
  });
  if (found === undefined) return begin(1, false);
  const { round, sent } = found;
  if (sent === undefined) return begin(round, false);
  const age = sent.until(now).total("seconds");
  const isForgotten = age >= tokenLife.subtract(wayThere).total("seconds");
  // Our clock went back, or somebody else wrote it.
  const isFromAhead = age < -tokenLife.total("seconds");
  if (isFromAhead) return begin(round + 1, true);
  if (!isForgotten && isAsAsked(found.terms, fresh(round))) return { kind: "repeat", order: found };
  const until = sent.add(tokenLife);
  return Temporal.Instant.compare(now, until) < 0
    ? { kind: "wait", until }
    : begin(round + 1, true);
}

/**
 * Whether terms that a request carries are what we would ask for: its annotations are the user's to write, and must not
 * choose another template or authority, nor a longer life.
 */
function isAsAsked(carried: OrderTerms, fresh: OrderTerms): boolean {
  const { Validity: a, ...rest } = carried;
  const { Validity: b, ...wanted } = fresh;
  return a.Value <= b.Value && JSON.stringify(rest) === JSON.stringify(wanted);
}
