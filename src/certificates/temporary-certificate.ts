/** A certificate that signs itself, for the names of a Certificate whose real one is not there yet. */

import { publicKeyInfo, type SigningKey } from "#crypto/keys/signing-key.ts";
import {
  alternativeNamesExtension,
  basicConstraintsExtension,
  derExtensionList,
} from "#crypto/x509/extension-list.ts";
import { type ParsedCertificate, parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import { signCertificate } from "#crypto/x509/signed-certificate.ts";
import { attributeTypes, derSubject } from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { usageExtensions, usagesInForce } from "./usage-bits.ts";
import { wantedNames } from "./wanted-names.ts";

/** Who signs it, by name: nobody trusts it (cert-manager gives the same). */
const issuerName = "cert-manager.local";
const lifeHours = 24 * 90;

/** Whether a certificate is one of these. */
export function isTemporary({ issuerText }: ParsedCertificate): boolean {
  return issuerText === `CN=${issuerName}`;
}

/** Undefined where the names of the spec cannot stand in a certificate. */
export function temporaryCertificate(
  spec: CertificateSpec,
  key: SigningKey,
  now: Temporal.Instant,
): ParsedCertificate | undefined {
  const names = wantedNames(spec);
  if (!names.ok) return undefined;
  const { subject, alternativeNames } = names.value;
  const emptiness = subject.length === 0 ? "empty" : "named";
  const der = signCertificate(
    {
      subject: derSubject(subject),
      issuer: derSubject([[{ type: attributeTypes.CN, value: issuerName }]]),
      publicKey: publicKeyInfo(key),
      notBefore: now.subtract({ minutes: 1 }),
      notAfter: now.add({ hours: lifeHours }),
      extensions: derExtensionList([
        basicConstraintsExtension(undefined),
        ...usageExtensions(usagesInForce(spec.usages, "end entity")),
        ...(alternativeNames.length === 0
          ? []
          : [alternativeNamesExtension(alternativeNames, emptiness)]),
      ]),
    },
    key,
  );
  const parsed = parseCertificate(der);
  return parsed.ok ? parsed.value : undefined;
}
