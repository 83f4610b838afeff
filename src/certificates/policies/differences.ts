/** What a request or a certificate says other than the spec of its Certificate: lists are compared as sets, and what is absent is as its default. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import { sameJson } from "#base/json.ts";
import { addressBytes, formatAddressBytes, isAddress } from "#crypto/ip-address.ts";
import type { AlternativeName } from "#crypto/x509/alternative-name.ts";
import type { ParsedCertificate } from "#crypto/x509/parsed-certificate.ts";
import { attributeTypes, type SubjectName, valuesOf } from "#crypto/x509/subject-name.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import { usagesInForce } from "../usage-bits.ts";
import { wantedNames } from "../wanted-names.ts";
import type { RequestFacts } from "./request-facts.ts";

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  if (sameJson(one, other)) return true;
  return sameJson([...new Set(one)].sort(), [...new Set(other)].sort());
}

/** Addresses are the same however they are written. */
function textOf(name: AlternativeName): string {
  switch (name.kind) {
    case "dns":
      return name.name;
    case "uri":
      return name.uri;
    case "email":
      return name.mailbox;
    case "other":
      return `${name.type} ${name.text}`;
    case "ip":
      return isAddress(name.address)
        ? (formatAddressBytes(addressBytes(name.address)) ?? name.address)
        : name.address;
  }
}

/** The names of one kind, as texts. */
export function textsOf(
  names: readonly AlternativeName[],
  kind: AlternativeName["kind"],
): readonly string[] {
  return names.filter((name) => name.kind === kind).map(textOf);
}

const fieldsByKind = [
  ["dns", "spec.dnsNames"],
  ["ip", "spec.ipAddresses"],
  ["uri", "spec.uris"],
  ["email", "spec.emailAddresses"],
  ["other", "spec.otherNames"],
] as const;

const subjectFields = [
  [attributeTypes.O, "spec.subject.organizations"],
  [attributeTypes.C, "spec.subject.countries"],
  [attributeTypes.OU, "spec.subject.organizationalUnits"],
  [attributeTypes.L, "spec.subject.localities"],
  [attributeTypes.ST, "spec.subject.provinces"],
  [attributeTypes.STREET, "spec.subject.streetAddresses"],
  [attributeTypes.POSTALCODE, "spec.subject.postalCodes"],
  [attributeTypes.SERIALNUMBER, "spec.subject.serialNumber"],
  [attributeTypes.CN, "spec.commonName"],
] as const;

function nameDifferences(
  said: readonly AlternativeName[],
  wanted: readonly AlternativeName[],
): readonly string[] {
  // As they nearly always are: every certificate is looked at when the program starts.
  if (sameJson(said, wanted)) return [];
  return fieldsByKind
    .filter(([kind]) => !isSameSet(textsOf(said, kind), textsOf(wanted, kind)))
    .map(([, field]) => field);
}

function subjectDifferences(
  said: SubjectName,
  wanted: SubjectName,
  spec: CertificateSpec,
): readonly string[] {
  if (sameJson(said, wanted)) return [];
  if ((spec.literalSubject ?? "") !== "") {
    const flat = (name: SubjectName): readonly string[] =>
      name.flat().map(({ type, value }) => `${type}=${value}`);
    return sameJson(flat(said), flat(wanted)) ? [] : ["spec.literalSubject"];
  }
  return subjectFields
    .filter(([type]) => !isSameSet(valuesOf(said, type), valuesOf(wanted, type)))
    .map(([, field]) => field);
}

/**
 * The fields of the spec in which a request differs from it; empty where it asks for the same. A duration is compared where
 * both say one: cert-manager leaves it out of requests where the spec has none.
 */
export function requestDifferences(
  { spec: asked, signing }: RequestFacts,
  spec: CertificateSpec,
): readonly string[] {
  const wanted = wantedNames(spec);
  if (!wanted.ok) return ["spec"];
  const rights = (isCA: boolean | undefined): "authority" | "end entity" =>
    isCA === true ? "authority" : "end entity";
  const { alternativeNames, subject } = wanted.value;
  const durations = [asked.duration, spec.duration].flatMap(
    (text = "") => parseGoDurationMs(text) ?? [],
  );
  const isSameUsage = isSameSet(
    usagesInForce(asked.usages, rights(asked.isCA)),
    usagesInForce(spec.usages, rights(spec.isCA)),
  );
  return [
    ...nameDifferences(signing.alternativeNames, alternativeNames),
    ...subjectDifferences(signing.name, subject, spec),
    ...((asked.isCA ?? false) === (spec.isCA ?? false) ? [] : ["spec.isCA"]),
    ...(isSameUsage ? [] : ["spec.usages"]),
    ...(new Set(durations).size === 2 ? ["spec.duration"] : []),
    ...(sameJson(withDefaults(asked.issuerRef), withDefaults(spec.issuerRef))
      ? []
      : ["spec.issuerRef"]),
  ];
}

/**
 * The names in which a certificate differs from the spec, where the request for it is gone. More lenient: an issuer may have
 * put the common name among the DNS names, or the other way round.
 */
export function certificateDifferences(
  leaf: ParsedCertificate,
  spec: CertificateSpec,
): readonly string[] {
  const wanted = wantedNames(spec);
  if (!wanted.ok) return ["spec"];
  const { subject, alternativeNames } = wanted.value;
  const common = (name: SubjectName): readonly string[] => valuesOf(name, attributeTypes.CN);
  const said = [...textsOf(leaf.alternativeNames, "dns"), ...common(leaf.subject)];
  const asked = [...textsOf(alternativeNames, "dns"), ...common(subject)];
  return [
    ...(isSameSet(said, asked) ? [] : ["spec.dnsNames"]),
    ...fieldsByKind
      .filter(([kind]) => kind !== "dns" && kind !== "other")
      .filter(
        ([kind]) =>
          !isSameSet(textsOf(leaf.alternativeNames, kind), textsOf(alternativeNames, kind)),
      )
      .map(([, field]) => field),
  ];
}
