/**
 * AWSPCAIssuer and AWSPCAClusterIssuer, awspca.cert-manager.io/v1beta1: a certificate authority of AWS Private CA that signs
 * CertificateRequests (aws-privateca-issuer, API reference).
 */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import {
  boolean,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
  textLike,
} from "#base/schema.ts";
import type { Column, Kind, Known } from "../kind.ts";

/** Of the Secret that secretRef names, whatever `name` says: Kubernetes' type of a selector just has these fields. */
const selector = fields({
  key: required(text, "Which of the Secret's values."),
  name: optional(text, "Not looked at: the Secret is the one that secretRef names."),
  optional: optional(boolean, "Not looked at: both values are needed."),
});

const secretRef = fields({
  name: optional(text, "Name of the Secret; without it the credentials are those of the process."),
  namespace: optional(text, "Its namespace."),
  accessKeyIDSelector: optional(selector, "The access key; AWS_ACCESS_KEY_ID when absent."),
  secretAccessKeySelector: optional(
    selector,
    "The secret access key; AWS_SECRET_ACCESS_KEY when absent.",
  ),
});

const spec = fields({
  arn: required(
    textLike(
      /^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:[0-9]+:certificate-authority\/[0-9a-zA-Z-]+$/,
      "must be the ARN of a certificate authority, as in arn:aws:acm-pca:REGION:ACCOUNT:certificate-authority/ID",
    ),
    "ARN of the certificate authority.",
  ),
  region: optional(
    textLike(/^([a-z0-9-]+)?$/, "must be the name of a region, as in eu-central-1"),
    "Region that is asked; that of the ARN when absent.",
  ),
  secretRef: optional(secretRef, "A Secret with an access key."),
  role: optional(
    textLike(
      /^(arn:aws[a-z-]*:iam::[0-9]+:role\/[\w+=,.@/-]+)?$/,
      "must be the ARN of a role, as in arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "ARN of a role that is assumed, whatever the credentials.",
  ),
  pcaTemplate: optional(
    fields({
      defaultTemplateName: optional(
        textLike(
          /^([A-Za-z0-9_]+\/V[0-9]+)?$/,
          "must be the name of a template, as in EndEntityCertificate/V1",
        ),
        "Name of the template of all certificates; by their usages when absent.",
      ),
    }),
    "By which template certificates are made.",
  ),
});

const body = fields({ spec: required(spec, "Which authority signs, and how it is asked.") });

const condition = fields({
  type: required(text, '"Ready".'),
  status: required(oneOf("True", "False", "Unknown"), "Whether it is so."),
  reason: required(text, "Why, in one word."),
  message: required(text, "Why, in a sentence."),
  lastTransitionTime: required(text, "Since when."),
  observedGeneration: optional(integer(0), "The generation of the object that was looked at."),
});

const status = fields({
  conditions: optional(list(condition), "Whether the authority can sign."),
});

type AwsPcaIssuer = Parsed<typeof body>;

const awsPcaGroup = "awspca.cert-manager.io";

/** A field of the condition Ready; empty while there is none. */
function readiness({ object }: Known<unknown>, field: "status" | "message"): string {
  const conditions = isJsonObject(object.status) ? object.status["conditions"] : undefined;
  if (!Array.isArray(conditions)) return "";
  const ready = (conditions as readonly Json[]).find(
    (one) => isJsonObject(one) && one["type"] === "Ready",
  );
  const value = isJsonObject(ready) ? (ready as JsonObject)[field] : undefined;
  return typeof value === "string" ? value : "";
}

/** Only when asked for: kubectl prints no more than name and age. */
const columns: readonly Column<AwsPcaIssuer>[] = [
  {
    title: "READY",
    wide: true,
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    value: (known) => readiness(known, "status"),
  },
  {
    title: "STATUS",
    wide: true,
    jsonPath: '.status.conditions[?(@.type=="Ready")].message',
    value: (known) => readiness(known, "message"),
  },
];

const parts = {
  group: awsPcaGroup,
  version: "v1beta1",
  shortNames: [],
  legacy: {},
  parse: body,
  withoutEffect: [
    {
      path: "spec",
      reason: "nothing here signs with it yet",
      advice: "have its own controller do it in a cluster",
    },
  ],
  columns,
} as const;

export const awsPcaIssuerKind: Kind<AwsPcaIssuer> = {
  id: "AWSPCAIssuer.awspca.cert-manager.io",
  kind: "AWSPCAIssuer",
  plural: "awspcaissuers",
  namespaced: true,
  ...parts,
  definition: {
    description: "An authority of AWS Private CA that signs for the objects of one namespace.",
    status,
  },
};

export const awsPcaClusterIssuerKind: Kind<AwsPcaIssuer> = {
  id: "AWSPCAClusterIssuer.awspca.cert-manager.io",
  kind: "AWSPCAClusterIssuer",
  plural: "awspcaclusterissuers",
  namespaced: false,
  ...parts,
  definition: {
    description: "An authority of AWS Private CA that signs for the objects of all namespaces.",
    status,
  },
};
