/** What a certificate is asked for, as policies judge it: of a Certificate before it has a key, or of a request. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import { ok, type Result } from "#base/result.ts";
import { describeKey, type KeyChoice } from "#crypto/keys/private-key.ts";
import type { AlternativeName } from "#crypto/x509/alternative-name.ts";
import { keyOfRequest } from "#crypto/x509/signing-request.ts";
import type { SubjectName } from "#crypto/x509/subject-name.ts";
import { type CertificateSpec, usualDurationMs } from "#kinds/cert-manager/certificate-spec.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import type { RequestFacts } from "../policies/request-facts.ts";
import { wantedKey } from "../wanted-key.ts";
import { wantedNames } from "../wanted-names.ts";

export interface AskedCertificate {
  readonly namespace: string;
  readonly issuer: ReturnType<typeof withDefaults>;
  readonly subject: SubjectName;
  readonly alternativeNames: readonly AlternativeName[];
  readonly isCA: boolean;
  /** As they were asked for; none: the usual ones. */
  readonly usages: readonly string[];
  readonly durationMs: number;
  /** Undefined: of a type that is none of ours. */
  readonly key: KeyChoice | undefined;
}

/** The error says which name cannot stand in a certificate. */
export function askedBySpec(
  namespace: string,
  spec: CertificateSpec,
): Result<AskedCertificate, string> {
  const names = wantedNames(spec);
  if (!names.ok) return names;
  return ok({ ...names.value, ...commonParts(namespace, spec), key: wantedKey(spec) });
}

export function askedByRequest({ object, spec, signing }: RequestFacts): AskedCertificate {
  const { name: subject, alternativeNames } = signing;
  const parts = commonParts(object.metadata.namespace, spec);
  return { subject, alternativeNames, ...parts, key: describeKey(keyOfRequest(signing)) };
}

function commonParts(
  namespace: string,
  spec: Pick<CertificateSpec, "issuerRef" | "isCA" | "usages" | "duration">,
): Pick<AskedCertificate, "namespace" | "issuer" | "isCA" | "usages" | "durationMs"> {
  const { issuerRef, isCA = false, usages = [], duration } = spec;
  const durationMs = duration === undefined ? undefined : parseGoDurationMs(duration);
  return {
    ...{ namespace, isCA, usages, issuer: withDefaults(issuerRef) },
    durationMs: durationMs ?? usualDurationMs,
  };
}
