/** What a CertificateRequest asks for, read once for the checks. */

import { ok, type Result } from "#base/result.ts";
import {
  readSigningRequest,
  type SigningRequest,
  type UncheckedRequest,
} from "#crypto/x509/signing-request.ts";
import {
  type CertificateRequest,
  certificateRequestKind,
} from "#kinds/cert-manager/certificate-request.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";

export interface RequestFacts {
  readonly object: KubeObject;
  readonly spec: CertificateRequest["spec"];
  readonly signing: SigningRequest;
}

/** Reads the object and the signing request in it; `parse` gets its base 64. Default: it is parsed anew, and its signature verified. */
export function readRequest(
  object: KubeObject,
  parse: (text: string) => Result<SigningRequest, string> = (text) =>
    checkedOf(readRequestText(text)),
): Result<RequestFacts, string> {
  const { value, problems } = read(certificateRequestKind, object);
  if (value === undefined)
    return { ok: false, error: problems[0]?.message ?? "no request that can be read" };
  const signing = parse(value.spec.request);
  return signing.ok ? ok({ object, spec: value.spec, signing: signing.value }) : signing;
}

/** PEM, in base 64. */
export function readRequestText(text: string): Result<UncheckedRequest, string> {
  return readSigningRequest(Buffer.from(text, "base64"));
}

/** Only where its own key signed it. */
export function checkedOf(read: Result<UncheckedRequest, string>): Result<SigningRequest, string> {
  return read.ok ? read.value.checked() : read;
}
