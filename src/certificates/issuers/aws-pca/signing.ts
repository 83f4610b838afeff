/**
 * Has AWS Private CA sign one CertificateRequest, from wherever an earlier try left it: order it, put down the ARN that AWS
 * gives, fetch the certificate under it.
 */

import { parseGoDurationMs } from "#base/go-duration.ts";
import {
  type CertificateRequest,
  certificateRequestKind,
} from "#kinds/cert-manager/certificate-request.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { AwsError } from "../../aws/aws-error.ts";
import type { CertificateEvents } from "../../controllers/certificate-events.ts";
import type { SigningOutcome } from "../issuer.ts";
import { splitChain } from "./certificate-chain.ts";
import {
  formatOrder,
  idempotencyToken,
  type NextStep,
  nextStep,
  type Order,
  type OrderTerms,
  orderAnnotation,
  orderBody,
  parseOrder,
} from "./order.ts";
import type { Authority, PrivateCa } from "./private-ca.ts";
import { templateArn, templateName } from "./template.ts";
import { validityOf } from "./validity.ts";

export interface SigningDeps {
  readonly clock: Clock;
  readonly events: CertificateEvents;
  readonly store: ObjectStore;
}

/** Who signs, as the issuer names it and AWS describes it. */
export interface Signatory {
  readonly arn: string;
  readonly partition: string;
  /** Empty: by the usages of a request. */
  readonly defaultTemplateName: string;
  readonly authority: Authority;
  readonly ca: PrivateCa;
}

/** As aws-privateca-issuer puts it down: a request that it began is gone on with, and the other way round. */
const arnAnnotation = "aws-privateca-issuer/certificate-arn";

/** Goes on with a request. Throws StoreError only. */
export async function signRequest(
  deps: SigningDeps,
  signatory: Signatory,
  request: KubeObject,
): Promise<SigningOutcome> {
  const asked = read(certificateRequestKind, request).value?.spec;
  if (asked === undefined) return { kind: "failed", message: "the request cannot be read" };
  try {
    const known = request.metadata.annotations[arnAnnotation];
    if (known !== undefined) return await fetchCertificate(deps, signatory, request, known);
    return await order(deps, signatory, { request, asked });
  } catch (error) {
    if (error instanceof AwsError) return outcomeOf(error);
    throw error;
  }
}

interface AskedOrder {
  readonly request: KubeObject;
  readonly asked: CertificateRequest["spec"];
}

async function order(
  deps: SigningDeps,
  signatory: Signatory,
  { request, asked }: AskedOrder,
): Promise<SigningOutcome> {
  const now = deps.clock.now();
  const pem = Buffer.from(asked.request, "base64").toString("utf8");
  const milliseconds = asked.duration === undefined ? undefined : parseGoDurationMs(asked.duration);
  const duration =
    milliseconds === undefined ? undefined : Temporal.Duration.from({ milliseconds });
  const validity = validityOf(now, duration, signatory.authority);
  const step = nextStep({
    now,
    found: parseOrder(request.metadata.annotations[orderAnnotation] ?? ""),
    fresh: (round) =>
      termsOf(signatory, { request, asked, pem, round, notAfter: validity.notAfter }),
  });
  if (step.kind === "wait") {
    const message = "an order may be under way that cannot be repeated; another one follows it";
    return { kind: "pending", message, retryAfter: now.until(step.until) };
  }
  let noted = request;
  if (step.kind === "begin") {
    for (const [reason, message] of noticesOf(step, validity.cut))
      deps.events.tell(request, { type: "Warning", reason, message });
    noted = await annotate(deps, request, { [orderAnnotation]: formatOrder(step.order) });
  }
  const arn = await send(deps, signatory, {
    ...{ request: noted, order: step.order, pem },
    isFirst: step.kind === "begin",
  });
  const withArn = await annotate(deps, noted, { [arnAnnotation]: arn });
  return await fetchCertificate(deps, signatory, withArn, arn);
}

/** What a person should know of an order that is about to be sent. */
function noticesOf(
  { lost }: Extract<NextStep, { readonly kind: "begin" }>,
  cut: string | undefined,
): readonly (readonly [reason: string, message: string])[] {
  const shorter = "the certificate is asked for with less time than was wanted";
  const unknown =
    "an earlier order was not answered within the five minutes in which AWS knows it: it may have made a certificate that nobody has; another one is ordered, and the audit report of the authority tells whether there are two";
  return [
    ...(cut === undefined ? [] : ([["DurationCut", `${shorter}: ${cut}`]] as const)),
    ...(lost ? ([["OrderLost", unknown]] as const) : []),
  ];
}

interface Terms extends AskedOrder {
  readonly pem: string;
  readonly round: number;
  readonly notAfter: Temporal.Instant;
}

function termsOf(signatory: Signatory, terms: Terms): OrderTerms {
  const { request, asked, pem, round, notAfter } = terms;
  const { isCA = false, usages = [] } = asked;
  const name = templateName({ isCA, usages, defaultName: signatory.defaultTemplateName });
  return {
    CertificateAuthorityArn: signatory.arn,
    SigningAlgorithm: signatory.authority.signingAlgorithm,
    TemplateArn: templateArn(signatory.partition, name),
    Validity: { Type: "ABSOLUTE", Value: Math.floor(notAfter.epochMilliseconds / 1000) },
    IdempotencyToken: idempotencyToken(request.metadata.uid, pem, round),
  };
}

interface SentOrder {
  readonly request: KubeObject;
  readonly order: Order;
  readonly pem: string;
  /** Whether it was never sent before. */
  readonly isFirst: boolean;
}

/**
 * What AWS refuses it has not done: that is put down, so that the token lives as long as it takes. Of an order that is sent
 * again this says nothing: the first time may have been heard.
 */
async function send(
  deps: SigningDeps,
  { ca }: Signatory,
  { request, order: { sent: _, ...unsent }, order: sent, pem, isFirst }: SentOrder,
): Promise<string> {
  try {
    return await ca.issue(orderBody(sent, pem));
  } catch (error) {
    if (isFirst && error instanceof AwsError && error.code !== "unanswered")
      await annotate(deps, request, { [orderAnnotation]: formatOrder(unsent) });
    throw error;
  }
}

/** Makes annotations of the request so, if nobody has changed it meanwhile. */
async function annotate(
  { store }: SigningDeps,
  request: KubeObject,
  annotations: Readonly<Record<string, string>>,
): Promise<KubeObject> {
  const { apiVersion, kind, metadata, body } = request;
  const { name, namespace, labels, finalizers, ownerReferences } = metadata;
  return await store.replace(
    keyOf(request),
    {
      ...{ apiVersion, kind, body },
      metadata: {
        ...{ name, namespace, labels, finalizers, ownerReferences },
        annotations: { ...metadata.annotations, ...annotations },
      },
    },
    metadata.resourceVersion,
  );
}

/** AWS makes a certificate within seconds: asked for soon at first, then ever less often. */
const firstWait = Temporal.Duration.from({ milliseconds: 250 });
const longestWait = Temporal.Duration.from({ seconds: 30 });

async function fetchCertificate(
  { clock }: SigningDeps,
  { arn, ca }: Signatory,
  request: KubeObject,
  certificateArn: string,
): Promise<SigningOutcome> {
  if (!certificateArn.startsWith(`${arn}/certificate/`)) {
    const message = `${certificateArn} was ordered, which is not of the authority that the issuer names now`;
    return { kind: "failed", message };
  }
  const made = await ca.get(certificateArn);
  if (made === "unknown" && isLongAgo(clock.now(), request))
    return { kind: "failed", message: `AWS does not know ${certificateArn}` };
  if (made === "unknown" || made === "in progress") {
    const message = `waiting for AWS to make ${certificateArn}`;
    return { kind: "pending", message, retryAfter: waitOf(clock.now(), request) };
  }
  const chain = splitChain(made.certificate, made.chain);
  if (!chain.ok) return { kind: "failed", message: chain.error };
  return { kind: "issued", ...chain.value };
}

/** What was ordered may not be known everywhere in AWS at once. */
const spreading = Temporal.Duration.from({ minutes: 5 });

function isLongAgo(now: Temporal.Instant, request: KubeObject): boolean {
  const sent = sentAt(request);
  return sent === undefined || Temporal.Duration.compare(sent.until(now), spreading) > 0;
}

function sentAt({ metadata }: KubeObject): Temporal.Instant | undefined {
  return parseOrder(metadata.annotations[orderAnnotation] ?? "")?.sent;
}

/** As long as it has been waited for already. */
function waitOf(now: Temporal.Instant, request: KubeObject): Temporal.Duration {
  const sent = sentAt(request);
  if (sent === undefined) return longestWait;
  const waited = sent.until(now);
  if (Temporal.Duration.compare(waited, firstWait) < 0) return firstWait;
  return Temporal.Duration.compare(waited, longestWait) > 0 ? longestWait : waited;
}

/** Refusals that end when somebody sets the authority right. */
const ofAuthority = /^(InvalidState|ResourceNotFound|ConcurrentModification)/;

/** What a failed call means for the request it was for. */
export function outcomeOf({ code, type, message, retryAfter }: AwsError): SigningOutcome {
  if (code === "refused" && !ofAuthority.test(type))
    return { kind: "failed", message: `AWS Private CA refused: ${message}` };
  return {
    kind: "outage",
    message: `AWS Private CA: ${message}`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
