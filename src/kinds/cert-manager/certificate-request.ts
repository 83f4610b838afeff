/** CertificateRequest, cert-manager.io/v1: one request to an issuer, approved and signed once (cert-manager API reference). */

import {
  anything,
  boolean,
  fields,
  list,
  optional,
  type Parsed,
  required,
  text,
  textLike,
} from "#base/schema.ts";
import { conditionColumn, conditionList, messageColumn } from "../condition.ts";
import type { Kind } from "../kind.ts";
import { issuerFields, issuerReference } from "./issuer-reference.ts";
import { usageList } from "./usages.ts";

/** Of bytes that Kubernetes writes in base 64. */
const base64 = textLike(/^[A-Za-z0-9+/\s]*={0,2}\s*$/, "must be base64 text");

const spec = fields(
  {
    request: required(base64, "The certificate signing request, PEM in base 64."),
    issuerRef: required(issuerReference, "The issuer that is asked."),
    duration: optional(
      text,
      "How long the certificate is to hold; by default as the issuer has it.",
    ),
    isCA: optional(boolean, "Whether it is to sign others; default false."),
    usages: optional(
      usageList,
      "What its key is for; default digital signature, key encipherment.",
    ),
    username: optional(text, "Who made the request: an API server writes it."),
    uid: optional(text, "The UID of who made it."),
    groups: optional(list(text), "The groups of who made it."),
    extra: optional(anything, "What else is known of who made it."),
  },
  {
    rule: "self == oldSelf",
    holds: () => true,
    message: "a CertificateRequest cannot be changed",
  },
);

const body = fields({ spec: required(spec, "What is asked for.") });

export type CertificateRequest = Parsed<typeof body>;

const status = fields({
  conditions: optional(conditionList, "Approved or Denied, Ready, InvalidRequest."),
  certificate: optional(base64, "The certificate with its chain, PEM in base 64."),
  ca: optional(base64, "The certificate of the authority, PEM in base 64."),
  failureTime: optional(text, "When it failed."),
});

export const certificateRequestKind: Kind<CertificateRequest> = {
  id: "CertificateRequest.cert-manager.io",
  group: "cert-manager.io",
  version: "v1",
  kind: "CertificateRequest",
  plural: "certificaterequests",
  shortNames: ["cr", "crs"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [],
  columns: [
    conditionColumn("APPROVED", "Approved"),
    conditionColumn("DENIED", "Denied"),
    conditionColumn("READY", "Ready"),
    {
      title: "ISSUER",
      jsonPath: ".spec.issuerRef.name",
      value: ({ value }) => value?.spec.issuerRef.name ?? "",
    },
    {
      title: "REQUESTER",
      jsonPath: ".spec.username",
      value: ({ value }) => value?.spec.username ?? "",
    },
    messageColumn("STATUS", "Ready"),
  ],
  definition: {
    description: "One request to an issuer for a certificate.",
    status,
    categories: ["cert-manager"],
    selectableFields: issuerFields,
  },
};
