/** Certificate, cert-manager.io/v1: a certificate that is issued into a Secret and renewed (cert-manager API reference). */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import {
  anything,
  boolean,
  fields,
  integer,
  list,
  mapOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import type { Kind, Known } from "../kind.ts";
import { issuerReference } from "./issuer-reference.ts";

const spec = fields({
  secretName: required(text),
  issuerRef: required(issuerReference),
  dnsNames: optional(list(text)),
  commonName: optional(text),
  duration: optional(text),
  renewBefore: optional(text),
  renewBeforePercentage: optional(integer()),
  usages: optional(list(text)),
  subject: optional(anything),
  literalSubject: optional(text),
  ipAddresses: optional(list(text)),
  uris: optional(list(text)),
  emailAddresses: optional(list(text)),
  otherNames: optional(anything),
  nameConstraints: optional(anything),
  isCA: optional(boolean),
  privateKey: optional(anything),
  signatureAlgorithm: optional(text),
  encodeUsagesInRequest: optional(boolean),
  keystores: optional(anything),
  additionalOutputFormats: optional(anything),
  secretTemplate: optional(
    fields({ annotations: optional(mapOf(text)), labels: optional(mapOf(text)) }),
  ),
  revisionHistoryLimit: optional(integer()),
});

const body = fields({ spec: required(spec) });

export type Certificate = Parsed<typeof body>;

/** The status of the condition Ready; empty while there is none. */
function readiness({ object }: Known<unknown>, field: "status" | "message"): string {
  const status = isJsonObject(object.status) ? (object.status as JsonObject) : {};
  const conditions = Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const ready = (conditions as readonly Json[]).find(
    (one) => isJsonObject(one) && (one as JsonObject)["type"] === "Ready",
  );
  const value = isJsonObject(ready) ? (ready as JsonObject)[field] : undefined;
  return typeof value === "string" ? value : "";
}

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
      path: "spec",
      reason: "nothing here issues certificates yet",
      advice: "create its Secret yourself, or have cert-manager do it in a cluster",
    },
  ],
  columns: [
    { title: "READY", value: (known) => readiness(known, "status") },
    { title: "SECRET", value: ({ value }) => value?.spec.secretName ?? "" },
    { title: "ISSUER", wide: true, value: ({ value }) => value?.spec.issuerRef.name ?? "" },
    { title: "STATUS", wide: true, value: (known) => readiness(known, "message") },
  ],
};
