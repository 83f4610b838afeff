/** Whom a Certificate's spec is for: its subject and names, as a certificate says them. */

import { err, ok, type Result } from "#base/result.ts";
import { type AlternativeName, whyNoName } from "#crypto/x509/alternative-name.ts";
import {
  attributeTypes,
  type NameAttribute,
  parseNameText,
  type SubjectName,
} from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";

export interface WantedNames {
  readonly subject: SubjectName;
  readonly alternativeNames: readonly AlternativeName[];
}

/** The error says which name cannot stand in a certificate. */
export function wantedNames(spec: CertificateSpec): Result<WantedNames, string> {
  const alternativeNames = alternativeNamesOf(spec);
  const wrong = alternativeNames.map(whyNoName).find((why) => why !== undefined);
  if (wrong !== undefined) return err(`${wrong} cannot stand in a certificate`);
  const subject = subjectOf(spec);
  return subject.ok ? ok({ subject: subject.value, alternativeNames }) : subject;
}

function alternativeNamesOf(spec: CertificateSpec): readonly AlternativeName[] {
  return [
    ...(spec.dnsNames ?? []).map((name) => ({ kind: "dns", name }) as const),
    ...(spec.emailAddresses ?? []).map((mailbox) => ({ kind: "email", mailbox }) as const),
    ...(spec.ipAddresses ?? []).map((address) => ({ kind: "ip", address }) as const),
    ...(spec.uris ?? []).map((uri) => ({ kind: "uri", uri }) as const),
    ...(spec.otherNames ?? []).map(
      ({ oid, utf8Value }) => ({ kind: "other", type: oid, text: utf8Value }) as const,
    ),
  ];
}

/** In the order in which Go's x509 writes them; values of one type are of one set. */
function subjectOf(spec: CertificateSpec): Result<SubjectName, string> {
  const { literalSubject = "", subject = {}, commonName = "" } = spec;
  if (literalSubject !== "") return parseNameText(literalSubject);
  const sets: readonly (readonly [string, readonly string[] | undefined])[] = [
    [attributeTypes.C, subject.countries],
    [attributeTypes.O, subject.organizations],
    [attributeTypes.OU, subject.organizationalUnits],
    [attributeTypes.L, subject.localities],
    [attributeTypes.ST, subject.provinces],
    [attributeTypes.STREET, subject.streetAddresses],
    [attributeTypes.POSTALCODE, subject.postalCodes],
    [attributeTypes.CN, commonName === "" ? [] : [commonName]],
    [attributeTypes.SERIALNUMBER, subject.serialNumber ? [subject.serialNumber] : []],
  ];
  return ok(
    sets.flatMap(([type, values = []]): readonly (readonly NameAttribute[])[] =>
      values.length === 0 ? [] : [values.map((value) => ({ type, value }))],
    ),
  );
}
