/** One call to a service of AWS that speaks JSON: signed by the SDK, its bytes being the caller's. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { Sha256Hasher } from "#crypto/sha256-hasher.ts";
import type { OutboundAnswer } from "../outbound/outbound-door.ts";
import type { AwsDeps } from "./aws-deps.ts";
import { AwsError, answerError, sendError } from "./aws-error.ts";
import type { CredentialProvider } from "./credentials.ts";
import type { AwsServiceId } from "./endpoint.ts";

export interface AwsService {
  readonly id: AwsServiceId;
  readonly region: string;
  /** `https://HOST` */
  readonly endpoint: string;
  readonly credentials: CredentialProvider;
}

export interface JsonCall {
  /** `X-Amz-Target`: what is called. */
  readonly target: string;
  /** JSON. */
  readonly body: string;
}

/** AWS answers within a few seconds, or not at all. */
const timeout = Temporal.Duration.from({ seconds: 20 });

/** Sends a call of AWS' JSON 1.1 protocol; gives what was answered. Throws AwsError. */
export async function callJson(
  deps: AwsDeps,
  service: AwsService,
  { target, body }: JsonCall,
): Promise<JsonObject> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const answer = await sendSigned(deps, service, { path: "/", headers, body });
  const said = parseBody(answer);
  if (answer.status === 200) return said;
  throw answerError({
    status: answer.status,
    type: exceptionName(said["__type"] ?? answer.headers["x-amzn-errortype"]),
    message: textOf(said["message"] ?? said["Message"]),
    retryAfter: answer.headers["retry-after"],
  });
}

interface UnsignedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function sendSigned(
  deps: AwsDeps,
  { id, region, endpoint, credentials }: AwsService,
  { path, headers, body }: UnsignedRequest,
): Promise<OutboundAnswer> {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const identity = await credentials();
  const url = new URL(path, endpoint);
  const signer = new SignatureV4({
    service: id,
    region,
    credentials: identity,
    sha256: Sha256Hasher,
  });
  const signed = await signer.sign(
    {
      ...{ method: "POST", protocol: url.protocol, hostname: url.hostname, path: url.pathname },
      ...{ headers: { ...headers, host: url.host }, body },
    },
    { signingDate: deps.clock.now().toString() },
  );
  try {
    return await deps.outbound.request({
      ...{ method: "POST", url: url.href, headers: signed.headers, body, timeout },
    });
  } catch (error) {
    throw sendError(error);
  }
}

function parseBody({ status, body }: OutboundAnswer): JsonObject {
  try {
    const parsed = JSON.parse(Buffer.from(body).toString("utf8") || "{}") as Json;
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // A proxy in between may answer a page; its status then says what there is to say.
  }
  if (status !== 200) return {};
  throw new AwsError("unanswered", "AWS answered what is no JSON");
}

/** `com.amazonaws.acmpca#ThrottlingException:http://…` → `ThrottlingException` */
function exceptionName(type: Json | undefined): string {
  return textOf(type).replace(/^.*#/, "").replace(/:.*$/, "");
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
