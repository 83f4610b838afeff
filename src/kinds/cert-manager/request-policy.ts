/** CertificateRequestPolicy, policy.cert-manager.io/v1alpha1: which requests are approved (approver-policy, API reference). */

import {
  anything,
  boolean,
  fields,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";
import { conditionColumn, conditionList } from "../condition.ts";
import type { FieldWithoutEffect, Kind } from "../kind.ts";
import { goDuration } from "./certificate-spec.ts";
import { usageList } from "./usages.ts";

const validations = optional(
  list(
    fields({
      rule: required(text, "An expression in CEL."),
      message: optional(text, "What is said where it does not hold."),
    }),
  ),
  "What else must hold; a policy with one is not judged here, and approves nothing.",
);

const isRequired = optional(boolean, "Whether a request must say it; default false.");

const allowedText = fields({
  required: isRequired,
  value: optional(text, "What it may say; * stands for any characters."),
  validations,
});

const allowedTexts = fields({
  required: isRequired,
  values: optional(list(text), "What each may say; * stands for any characters."),
  validations,
});

const allowed = fields({
  commonName: optional(allowedText, "Common names; none when absent."),
  dnsNames: optional(allowedTexts, "DNS names; none when absent."),
  ipAddresses: optional(allowedTexts, "IP addresses; none when absent."),
  uris: optional(allowedTexts, "URIs; none when absent."),
  emailAddresses: optional(allowedTexts, "E-mail addresses; none when absent."),
  isCA: optional(boolean, "Whether it may sign others; default false."),
  usages: optional(usageList, "What its key may be for; none may be asked for when absent."),
  subject: optional(
    fields({
      organizations: optional(allowedTexts, "O; none when absent."),
      countries: optional(allowedTexts, "C; none when absent."),
      organizationalUnits: optional(allowedTexts, "OU; none when absent."),
      localities: optional(allowedTexts, "L; none when absent."),
      provinces: optional(allowedTexts, "ST; none when absent."),
      streetAddresses: optional(allowedTexts, "STREET; none when absent."),
      postalCodes: optional(allowedTexts, "Postal codes; none when absent."),
      serialNumber: optional(allowedText, "The serial number of the subject; none when absent."),
    }),
    "What else the subject may say.",
  ),
});

const constraints = fields({
  minDuration: optional(goDuration, 'The shortest life, as in "1h".'),
  maxDuration: optional(goDuration, 'The longest life, as in "2160h".'),
  privateKey: optional(
    fields({
      algorithm: optional(oneOf("RSA", "ECDSA", "Ed25519"), "The only algorithm."),
      minSize: optional(integer(0), "The smallest size."),
      maxSize: optional(integer(0), "The largest size."),
    }),
    "What key it has.",
  ),
});

const selector = fields({
  issuerRef: optional(
    fields({
      name: optional(text, "Its name, in which * stands for any characters; any when absent."),
      kind: optional(text, "Its kind, likewise."),
      group: optional(text, "Its group, likewise."),
    }),
    "The issuers whose requests are judged; any when absent.",
  ),
  namespace: optional(
    fields({
      matchNames: optional(list(text), "Names, in which * stands for any characters."),
      matchLabels: optional(
        mapOf(text),
        "Labels of namespaces; a policy with them is not judged here, and approves nothing.",
      ),
    }),
    "The namespaces whose requests are judged; any when absent.",
  ),
});

const spec = fields({
  allowed: optional(allowed, "What requests may ask for; what is not said here they may not."),
  constraints: optional(constraints, "Between which bounds."),
  plugins: optional(
    mapOf(anything),
    "Judges of other programs; a policy with one is not judged here, and approves nothing.",
  ),
  selector: required(selector, "Which requests are judged by it."),
});

const body = fields({ spec: required(spec, "What is approved.") });

const status = fields({
  conditions: optional(conditionList, "Ready: whether requests are judged by it."),
});

const names = ["commonName", "dnsNames", "ipAddresses", "uris", "emailAddresses"];
const subjectNames = [
  ...["organizations", "countries", "organizationalUnits", "localities", "provinces"],
  ...["streetAddresses", "postalCodes", "serialNumber"],
];

/** What only a policy's other judges understand: see `src/certificates/approval/request-policy.ts`. */
const judgedElsewhere: readonly FieldWithoutEffect[] = [
  "spec.plugins",
  "spec.selector.namespace.matchLabels",
  ...names.map((name) => `spec.allowed.${name}.validations`),
  ...subjectNames.map((name) => `spec.allowed.subject.${name}.validations`),
].map((path) => ({
  path,
  severity: "warning",
  reason: "a policy with it is not judged here, and approves and denies nothing",
  advice: "say it by values and matchNames, or leave such requests to approver-policy",
}));

type CertificateRequestPolicy = Parsed<typeof body>;
export type RequestPolicySpec = Parsed<typeof spec>;
export type AllowedText = Parsed<typeof allowedText>;
export type AllowedTexts = Parsed<typeof allowedTexts>;

export const requestPolicyKind: Kind<CertificateRequestPolicy> = {
  id: "CertificateRequestPolicy.policy.cert-manager.io",
  group: "policy.cert-manager.io",
  version: "v1alpha1",
  kind: "CertificateRequestPolicy",
  plural: "certificaterequestpolicies",
  shortNames: ["crp"],
  namespaced: false,
  legacy: {},
  parse: body,
  withoutEffect: judgedElsewhere,
  columns: [conditionColumn("READY", "Ready")],
  definition: {
    description: "Which requests for certificates are approved; where there is none, all are.",
    status,
    categories: ["cert-manager"],
  },
};
