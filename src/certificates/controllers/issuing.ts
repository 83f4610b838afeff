/** Takes what an issuer has signed into the Secret, or counts that it failed: ends the condition Issuing. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { findCondition, isConditionTrue } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import { temporaryAnnotation } from "../annotations.ts";
import { conditionOf, withoutCondition } from "../certificate-status.ts";
import { isPair } from "../policies/stored-pair.ts";
import { withoutSuggestion } from "../renewal-suggestion.ts";
import { temporaryCertificate } from "../temporary-certificate.ts";
import type { IssuedPair } from "../tls-secret-content.ts";
import type { Controller, ControllerDeps, Seen, Step } from "./controller.ts";
import { failed } from "./failure.ts";
import { nextKey } from "./key.ts";
import { nextRequest, nextRevision } from "./revision.ts";
import { pairOf, writeSecret } from "./secret-writer.ts";

type Deps = Pick<ControllerDeps, "store" | "world" | "events" | "ownsSecrets">;

/** How soon a password that was missing is looked for again. */
const passwordMs = 60_000;

export function createIssuingController(deps: Deps): Controller {
  return async (seen) => {
    const { status } = seen;
    if (conditionOf(status, "Issuing")?.status !== "True") return { status };
    const request = nextRequest(deps.world, seen);
    const failure = request === undefined ? undefined : failureOf(request);
    if (failure !== undefined) return fail(deps, seen, failure);
    if (request !== undefined && isConditionTrue(request.status, "Ready"))
      return await take(deps, seen, request);
    await putTemporary(deps, seen);
    return { status };
  };
}

interface Failure {
  readonly reason: string;
  readonly message: string;
}

/** The condition that ends a request without a certificate. */
function failureOf({ status }: KubeObject): Failure | undefined {
  const invalid = findCondition(status, "InvalidRequest");
  if (invalid?.status === "True") return describe("InvalidRequest", invalid.message);
  const ready = findCondition(status, "Ready");
  if (ready?.status !== "False") return undefined;
  const isFinal = ready.reason === "Failed" || ready.reason === "Denied";
  return isFinal ? describe(ready.reason, ready.message) : undefined;
}

function describe(reason: string, why: string): Failure {
  const message = `The certificate request has failed to complete and will be retried: ${why}`;
  return { reason, message };
}

function fail({ events }: Deps, seen: Seen, why: Failure): Step {
  events.tell(seen.object, { type: "Warning", reason: "Failed", message: why.message });
  // The trigger says when it is tried again.
  return { status: failed(seen, why), again: seen.now };
}

async function take(deps: Deps, seen: Seen, request: KubeObject): Promise<Step> {
  const { object, spec, status, now } = seen;
  const key = nextKey(deps, seen);
  if (key === undefined) return { status };
  const { certificate, ca } = statusOf(request);
  const pair = pairOf(
    deps,
    { certificate: bytesOf(certificate) ?? new Uint8Array(), authority: bytesOf(ca) },
    key,
  );
  const wrong = pair.ok ? whyUnusable(pair.value, now) : pair.error;
  if (!pair.ok || wrong !== undefined) {
    const message = `The issuer gave a certificate that cannot be used: ${wrong}`;
    return fail(deps, seen, { reason: "InvalidCertificate", message });
  }
  if (!(await writeSecret(deps, { object, spec, pair: pair.value, is: "new" })))
    return { status, again: now.add({ milliseconds: passwordMs }) };
  const message = "The certificate has been successfully issued";
  deps.events.tell(object, { type: "Normal", reason: "Issuing", message });
  const { lastFailureTime: _, failedIssuanceAttempts: __, ...rest } = status;
  const others = withoutSuggestion(status.others);
  return { status: withoutCondition({ ...rest, others, revision: nextRevision(seen) }, "Issuing") };
}

/** Of another key, or over already: to store it would have it issued again at once. */
function whyUnusable({ chain, key }: IssuedPair, now: Temporal.Instant): string | undefined {
  const [leaf] = chain;
  if (leaf === undefined) return "it is empty";
  if (!leaf.belongsTo(key)) return "it is for another key";
  return Temporal.Instant.compare(leaf.notAfter, now) <= 0
    ? `it expired on ${leaf.notAfter.toString()}`
    : undefined;
}

function statusOf({ status }: KubeObject): JsonObject {
  return isJsonObject(status) ? (status as JsonObject) : {};
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === "string" && value !== "" ? Buffer.from(value, "base64") : undefined;
}

/** One that signs itself serves until the real one is there, where the Certificate asks for that and there is none. */
async function putTemporary(deps: Deps, seen: Seen): Promise<void> {
  const { object, spec, now } = seen;
  if (object.metadata.annotations[temporaryAnnotation] !== "true") return;
  const secret = deps.world.secret(object.metadata.namespace, spec.secretName);
  if (isPair(deps.world.pairOf(secret))) return;
  const key = nextKey(deps, seen);
  const leaf = key === undefined ? undefined : temporaryCertificate(spec, key, now);
  if (key === undefined || leaf === undefined) return;
  const pair = { key, chain: [leaf], authorities: [] };
  await writeSecret(deps, { object, spec, pair, is: "new" });
  const message = "Issued temporary certificate";
  deps.events.tell(object, { type: "Normal", reason: "Issuing", message });
}
