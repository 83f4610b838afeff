/**
 * AWSPCAIssuer and AWSPCAClusterIssuer, awspca.cert-manager.io/v1beta1: a certificate authority of AWS Private CA that signs
 * CertificateRequests (aws-privateca-issuer, API reference).
 */

import { boolean, fields, optional, type Parsed, required, text, textLike } from "#base/schema.ts";
import { conditionColumn, conditionList, messageColumn } from "../condition.ts";
import type { Column, Kind } from "../kind.ts";

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

const status = fields({
  conditions: optional(conditionList, "Whether the authority can sign."),
  certificateAuthority: optional(
    fields({
      status: optional(text, 'Its state in AWS; "ACTIVE" when it signs.'),
      signingAlgorithm: optional(text, "By what it signs."),
      notAfter: optional(text, "The end of its own certificate."),
    }),
    "What AWS says of the authority.",
  ),
});

type AwsPcaIssuer = Parsed<typeof body>;
export type AwsPcaIssuerSpec = Parsed<typeof spec>;

const awsPcaGroup = "awspca.cert-manager.io";

/** Only when asked for: kubectl prints no more than name and age. */
const columns: readonly Column<AwsPcaIssuer>[] = [
  { ...conditionColumn("READY", "Ready"), wide: true },
  messageColumn("STATUS", "Ready"),
];

const parts = {
  group: awsPcaGroup,
  version: "v1beta1",
  shortNames: [],
  legacy: {},
  parse: body,
  withoutEffect: ["accessKeyIDSelector", "secretAccessKeySelector"].flatMap((selects) =>
    ["name", "optional"].map((field) => ({
      path: `spec.secretRef.${selects}.${field}`,
      harmless: field === "name" ? [""] : [false],
      reason: "the Secret is the one that secretRef names, and both of its values are needed",
      advice: "remove it",
    })),
  ),
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
