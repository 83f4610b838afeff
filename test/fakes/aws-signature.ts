/** Whether a request is signed as AWS asks for it ("Signature Version 4"): every part there, and the signature right. */

import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface KnownKey {
  readonly id: string;
  readonly secret: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/** The part of a request that is signed. */
export interface SignedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export type SignatureProblem =
  | "MissingAuthenticationToken"
  | "UnrecognizedClientException"
  | "InvalidSignatureException";

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

/** What is wrong with the signature of a request to `service`; undefined when nothing is. */
export function signatureProblem(
  request: SignedRequest,
  body: string,
  { service, keys }: { readonly service: string; readonly keys: readonly KnownKey[] },
): SignatureProblem | undefined {
  const { authorization = "" } = request.headers;
  const [, id, day = "", region = "", signedFor, names = "", given] =
    form.exec(authorization) ?? [];
  if (id === undefined) return "MissingAuthenticationToken";
  const token = request.headers["x-amz-security-token"];
  const key = keys.find((one) => one.id === id && one.sessionToken === token);
  if (key === undefined) return "UnrecognizedClientException";
  const signed = names.split(";");
  if (signedFor !== service || !signed.includes("host") || !signed.includes("x-amz-date"))
    return "InvalidSignatureException";
  const time = String(request.headers["x-amz-date"]);
  const url = new URL(request.url ?? "/", "http://host");
  const canonical = [
    request.method,
    url.pathname,
    [...url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    "",
    names,
    createHash("sha256").update(body).digest("hex"),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", time, scope, digest].join("\n");
  const signingKey = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (last, part) => createHmac("sha256", last).update(part).digest(),
    `AWS4${key.secret}`,
  );
  const right = createHmac("sha256", signingKey).update(text).digest("hex");
  return right === given ? undefined : "InvalidSignatureException";
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
