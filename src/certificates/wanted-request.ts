/** The signing request for a Certificate, of its spec and its key. */

import { ok, type Result } from "#base/result.ts";
import type { SigningKey } from "#crypto/keys/signing-key.ts";
import {
  alternativeNamesExtension,
  basicConstraintsExtension,
  type Extension,
} from "#crypto/x509/extension-list.ts";
import { buildSigningRequest } from "#crypto/x509/signing-request.ts";
import { derSubject } from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { nameConstraintsExtension } from "./name-constraints.ts";
import { usageExtensions, usagesInForce } from "./usage-bits.ts";
import { type WantedNames, wantedNames } from "./wanted-names.ts";

/** PEM. The error says what of the spec cannot stand in a certificate. */
export function wantedRequest(spec: CertificateSpec, key: SigningKey): Result<string, string> {
  const names = wantedNames(spec);
  if (!names.ok) return names;
  const extensions = extensionsOf(spec, names.value);
  if (!extensions.ok) return extensions;
  const subject = derSubject(names.value.subject);
  return ok(
    buildSigningRequest(
      { subject, extensions: extensions.value, algorithm: spec.signatureAlgorithm },
      key,
    ),
  );
}

function extensionsOf(
  spec: CertificateSpec,
  { subject, alternativeNames }: WantedNames,
): Result<readonly Extension[], string> {
  const extensions: Extension[] = [];
  if (alternativeNames.length > 0) {
    const emptiness = subject.length === 0 ? "empty" : "named";
    extensions.push(alternativeNamesExtension(alternativeNames, emptiness));
  }
  const rights = spec.isCA === true ? "authority" : "end entity";
  if (spec.encodeUsagesInRequest !== false)
    extensions.push(...usageExtensions(usagesInForce(spec.usages, rights)));
  if (spec.isCA === true) extensions.push(basicConstraintsExtension({}));
  if (spec.nameConstraints !== undefined) {
    const constraints = nameConstraintsExtension(spec.nameConstraints);
    if (!constraints.ok) return constraints;
    extensions.push(constraints.value);
  }
  return ok(extensions);
}
