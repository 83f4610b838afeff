/** What a TLS Secret says of the certificate in it, for people and for whoever issues the next (cert-manager, "Certificate resource"). */

import type { ParsedCertificate } from "#crypto/x509/parsed-certificate.ts";
import { attributeTypes, valuesOf } from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { textsOf } from "./policies/differences.ts";

const prefix = "cert-manager.io/";

export const secretAnnotations = {
  certificateName: `${prefix}certificate-name`,
  issuerName: `${prefix}issuer-name`,
  issuerKind: `${prefix}issuer-kind`,
  issuerGroup: `${prefix}issuer-group`,
} as const;

const subjectAnnotations = [
  ["subject-organizations", attributeTypes.O],
  ["subject-organizationalunits", attributeTypes.OU],
  ["subject-countries", attributeTypes.C],
  ["subject-provinces", attributeTypes.ST],
  ["subject-localities", attributeTypes.L],
  ["subject-postalcodes", attributeTypes.POSTALCODE],
  ["subject-streetaddresses", attributeTypes.STREET],
  ["subject-serialnumber", attributeTypes.SERIALNUMBER],
] as const;

/** As CSV: an entry with a comma, a quote or a line end is quoted. */
function csv(values: readonly string[]): string {
  const quoted = values.map((value) =>
    /[",\r\n]|^\s/.test(value) ? `"${value.replaceAll('"', '""')}"` : value,
  );
  return quoted.join(",");
}

/** Whose a certificate is, and who issued it: written when it is issued, and left as it is afterwards. */
export function describeIssuance(
  name: string,
  { issuerRef }: Pick<CertificateSpec, "issuerRef">,
): Readonly<Record<string, string>> {
  return {
    [secretAnnotations.certificateName]: name,
    [secretAnnotations.issuerName]: issuerRef.name,
    [secretAnnotations.issuerKind]: issuerRef.kind ?? "Issuer",
    [secretAnnotations.issuerGroup]: issuerRef.group ?? "",
  };
}

/** Read from the certificate, not from the spec: the issuer may have given something else. */
export function describeCertificate(leaf: ParsedCertificate): Readonly<Record<string, string>> {
  const { alternativeNames, subject } = leaf;
  const optional = [
    ["email-sans", csv(textsOf(alternativeNames, "email"))] as const,
    ...subjectAnnotations.map(([key, type]) => [key, csv(valuesOf(subject, type))] as const),
  ].filter(([, value]) => value !== "");
  return {
    [`${prefix}common-name`]: valuesOf(subject, attributeTypes.CN)[0] ?? "",
    [`${prefix}alt-names`]: csv(textsOf(alternativeNames, "dns")),
    [`${prefix}ip-sans`]: csv(textsOf(alternativeNames, "ip")),
    [`${prefix}uri-sans`]: csv(textsOf(alternativeNames, "uri")),
    ...Object.fromEntries(optional.map(([key, value]) => [`${prefix}${key}`, value])),
  };
}
