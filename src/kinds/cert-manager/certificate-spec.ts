/** `spec` of a Certificate, with what must hold among its fields (cert-manager API reference, "CertificateSpec"). */

import { parseGoDurationMs } from "#base/go-duration.ts";
import {
  boolean,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  type Parser,
  required,
  text,
  textLike,
} from "#base/schema.ts";
import { nameConstraints, otherName, subject } from "./certificate-names.ts";
import {
  keystores,
  outputFormats,
  privateKey,
  renewal,
  secretTemplate,
} from "./certificate-storage.ts";
import { issuerReference } from "./issuer-reference.ts";
import { usageList } from "./usages.ts";

/** How long a certificate holds where its spec does not say. */
export const usualDurationMs = 90 * 24 * 3_600_000;
const leastDurationMs = 3_600_000;
const leastRenewBeforeMs = 300_000;

export const goDuration: Parser<string> = textLike(
  /^[-+]?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/,
  'must be a duration such as "2160h"',
);

const rules = {
  secretName: required(
    textLike(
      /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
      "must be a name of a Secret: lower case letters, digits, '-' and '.'",
    ),
    "The Secret that certificate and key are kept in.",
  ),
  issuerRef: required(issuerReference, "The issuer that signs it."),
  commonName: optional(
    textLike(/^[\s\S]{0,64}$/, "must be no longer than 64 characters"),
    "The common name, of at most 64 characters.",
  ),
  subject: optional(subject, "What else the subject's name says."),
  literalSubject: optional(text, "The subject's name as a whole, as RFC 4514 writes it."),
  dnsNames: optional(list(text), "DNS names."),
  ipAddresses: optional(list(text), "IP addresses."),
  uris: optional(list(text), "URIs."),
  emailAddresses: optional(list(text), "E-mail addresses."),
  otherNames: optional(list(otherName), "Names of other types."),
  duration: optional(goDuration, "How long it holds; default 2160h, which is 90 days."),
  renewBefore: optional(
    goDuration,
    "How long before its end it is renewed; default a third of its life.",
  ),
  renewBeforePercentage: optional(
    integer(1, 99),
    "The part of its life that is left when it is renewed.",
  ),
  renewal: optional(renewal, "Whether and when it is renewed."),
  isCA: optional(boolean, "Whether it signs others; default false."),
  usages: optional(usageList, "What its key is for; default digital signature, key encipherment."),
  encodeUsagesInRequest: optional(
    boolean,
    "Whether the request to the issuer says the usages; default true.",
  ),
  privateKey: optional(privateKey, "What key it has."),
  signatureAlgorithm: optional(
    oneOf(
      "SHA256WithRSA",
      "SHA384WithRSA",
      "SHA512WithRSA",
      "ECDSAWithSHA256",
      "ECDSAWithSHA384",
      "ECDSAWithSHA512",
      "PureEd25519",
    ),
    "How the request is signed; by default as the key has it.",
  ),
  secretTemplate: optional(secretTemplate, "Labels and annotations of the Secret."),
  keystores: optional(keystores, "Keystores in the Secret."),
  additionalOutputFormats: optional(outputFormats, "Other forms of key and certificate."),
  revisionHistoryLimit: optional(integer(1), "How many CertificateRequests stay; default 1."),
  nameConstraints: optional(nameConstraints, "Of an authority: the names that it may sign for."),
};

const keyOfSignature: Readonly<Record<string, string>> = {
  SHA256WithRSA: "RSA",
  SHA384WithRSA: "RSA",
  SHA512WithRSA: "RSA",
  ECDSAWithSHA256: "ECDSA",
  ECDSAWithSHA384: "ECDSA",
  ECDSAWithSHA512: "ECDSA",
  PureEd25519: "Ed25519",
};

const bare = fields(rules);
type Spec = Parsed<typeof bare>;

function countOf(items: readonly unknown[] | undefined): number {
  return items?.length ?? 0;
}

function durationMs(written: string | undefined): number | undefined {
  return written === undefined ? undefined : parseGoDurationMs(written);
}

const lists = ["dnsNames", "ipAddresses", "uris", "emailAddresses", "otherNames"] as const;

const someName = {
  rule: [
    ...["commonName", "literalSubject"].map((name) => `(has(self.${name}) && self.${name} != "")`),
    ...lists.map((name) => `(has(self.${name}) && size(self.${name}) > 0)`),
  ].join(" || "),
  holds: (spec: Spec) =>
    (spec.commonName ?? "") !== "" ||
    (spec.literalSubject ?? "") !== "" ||
    lists.some((name) => countOf(spec[name]) > 0),
  message:
    "at least one of commonName (from the commonName field or from a literalSubject), dnsNames, uriSANs, ipAddresses, emailSANs or otherNames must be set",
};

const oneSubject = {
  rule: `!has(self.literalSubject) || self.literalSubject == "" || ((!has(self.commonName) || self.commonName == "") && !has(self.subject))`,
  holds: ({ literalSubject = "", commonName = "", subject: named }: Spec) =>
    literalSubject === "" || (commonName === "" && named === undefined),
  message: "When providing a `literalSubject` no `commonName` or `subject` may be provided",
};

const longEnough = {
  rule: `!has(self.duration) || duration(self.duration) >= duration("1h")`,
  holds: ({ duration }: Spec) => (durationMs(duration) ?? usualDurationMs) >= leastDurationMs,
  message: "certificate duration must be greater than 1h0m0s",
};

const earlyEnough = {
  rule: `!has(self.renewBefore) || duration(self.renewBefore) >= duration("5m")`,
  holds: ({ renewBefore }: Spec) =>
    (durationMs(renewBefore) ?? leastRenewBeforeMs) >= leastRenewBeforeMs,
  message: "certificate renewBefore must be greater than 5m0s",
};

const renewedWithin = {
  rule: `!has(self.renewBefore) || duration(self.renewBefore) < (has(self.duration) ? duration(self.duration) : duration("2160h"))`,
  holds: ({ renewBefore, duration }: Spec) =>
    (durationMs(renewBefore) ?? 0) < (durationMs(duration) ?? usualDurationMs),
  message: "certificate duration must be greater than renewBefore",
};

const oneMoment = {
  rule: "!(has(self.renewBefore) && has(self.renewBeforePercentage))",
  holds: ({ renewBefore, renewBeforePercentage }: Spec) =>
    renewBefore === undefined || renewBeforePercentage === undefined,
  message: "renewBefore and renewBeforePercentage are mutually exclusive and cannot both be set",
};

const onlyAuthorities = {
  rule: "!has(self.nameConstraints) || (has(self.isCA) && self.isCA)",
  holds: ({ nameConstraints: constraints, isCA }: Spec) =>
    constraints === undefined || isCA === true,
  message: "isCA should be true when nameConstraints is set",
};

const fittingSignature = {
  rule: `!has(self.signatureAlgorithm) || (has(self.privateKey) && has(self.privateKey.algorithm) ? self.privateKey.algorithm : "RSA") == (self.signatureAlgorithm.endsWith("WithRSA") ? "RSA" : self.signatureAlgorithm.startsWith("ECDSA") ? "ECDSA" : "Ed25519")`,
  holds: ({ signatureAlgorithm, privateKey: key }: Spec) =>
    signatureAlgorithm === undefined ||
    keyOfSignature[signatureAlgorithm] === (key?.algorithm ?? "RSA"),
  message: "signatureAlgorithm must fit privateKey.algorithm",
};

export const certificateSpec = fields(
  rules,
  ...[someName, oneSubject, longEnough, earlyEnough, renewedWithin, oneMoment],
  ...[onlyAuthorities, fittingSignature],
);

export type CertificateSpec = Parsed<typeof certificateSpec>;
