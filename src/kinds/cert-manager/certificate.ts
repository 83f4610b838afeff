/** Certificate, cert-manager.io/v1: a certificate that is issued into a Secret and renewed (cert-manager API reference). */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { fields, integer, optional, type Parsed, required, text } from "#base/schema.ts";
import { conditionColumn, conditionList, messageColumn } from "../condition.ts";
import type { Kind } from "../kind.ts";
import { certificateSpec } from "./certificate-spec.ts";
import { issuerFields } from "./issuer-reference.ts";

const body = fields({ spec: required(certificateSpec, "The certificate that is wanted.") });

export type Certificate = Parsed<typeof body>;

const renewalInformation = fields({
  suggestedWindow: optional(
    fields({ start: optional(text, "From."), end: optional(text, "To.") }),
    "When the server suggests to renew.",
  ),
  explanationURL: optional(text, "Why."),
  lastChecked: optional(text, "When the server was asked."),
  nextCheck: optional(text, "When it is asked again."),
  lastError: optional(text, "Why it could not be asked."),
});

const status = fields({
  conditions: optional(conditionList, "Ready and Issuing."),
  notBefore: optional(text, "Since when the certificate holds."),
  notAfter: optional(text, "Until when it holds."),
  renewalTime: optional(text, "When it is renewed."),
  revision: optional(integer(), "How many were issued."),
  nextPrivateKeySecretName: optional(text, "The Secret with the key of the next one."),
  lastFailureTime: optional(text, "When it could not be issued last."),
  failedIssuanceAttempts: optional(integer(), "How often it could not be issued in a row."),
  acme: optional(
    fields({ ari: optional(renewalInformation, "What the ACME server says of renewal.") }),
    "What an ACME server says of it.",
  ),
});

export const certificateKind: Kind<Certificate> = {
  id: "Certificate.cert-manager.io",
  group: "cert-manager.io",
  version: "v1",
  kind: "Certificate",
  plural: "certificates",
  shortNames: ["cert", "certs"],
  namespaced: true,
  legacy: {},
  parse: body,
  withoutEffect: [
    {
      path: "spec.keystores.jks",
      reason: "keystores of Java's own form are not written",
      advice:
        "set keystores.pkcs12 and read keystore.p12: Java does so, of the profile Modern2023 from 8u301 on",
    },
  ],
  columns: [
    conditionColumn("READY", "Ready"),
    {
      title: "SECRET",
      jsonPath: ".spec.secretName",
      value: ({ value }) => value?.spec.secretName ?? "",
    },
    {
      title: "ISSUER",
      wide: true,
      jsonPath: ".spec.issuerRef.name",
      value: ({ value }) => value?.spec.issuerRef.name ?? "",
    },
    messageColumn("STATUS", "Ready"),
    {
      title: "EXPIRATION",
      wide: true,
      jsonPath: ".status.notAfter",
      value: ({ object }) => {
        const notAfter = isJsonObject(object.status)
          ? (object.status as JsonObject)["notAfter"]
          : undefined;
        return typeof notAfter === "string" ? notAfter : "";
      },
    },
  ],
  definition: {
    description: "A certificate that is issued into a Secret and renewed.",
    status,
    categories: ["cert-manager"],
    selectableFields: issuerFields,
  },
};
