/** What an API server is to look at in CertificateRequests and no definition of a kind can: who asks, and who approves. */

import type { JsonObject } from "#base/json.ts";
import {
  requesterBindingSpec,
  requesterPolicyName,
  requesterPolicySpec,
} from "#gate/cluster/requester-admission.ts";
import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";

const registration = "admissionregistration.k8s.io/v1";
const group = "cert-manager.io";

/** The verbs are judged, and the object is as its last writer left it. */
function validating(name: string, rule: JsonObject, spec: JsonObject): readonly JsonObject[] {
  const resourceRules = [{ apiGroups: [group], apiVersions: ["v1"], ...rule }];
  return [
    {
      ...{ apiVersion: registration, kind: "ValidatingAdmissionPolicy", metadata: { name } },
      spec: { failurePolicy: "Fail", matchConstraints: { resourceRules }, ...spec },
    },
    {
      ...{ apiVersion: registration, kind: "ValidatingAdmissionPolicyBinding", metadata: { name } },
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  ];
}

/** What was decided, as texts: `Approved True somebody`. */
function decided(object: string): string {
  const conditions = `${object}.status.conditions`;
  return `has(${object}.status) && has(${conditions}) ? ${conditions}.filter(c, c.type in ["Approved", "Denied"]).map(c, c.type + " " + c.status + " " + (has(c.reason) ? c.reason : "")) : []`;
}

function mayApprove(name: string): string {
  return `authorizer.group("${group}").resource("signers").name(${name}).check("approve").allowed()`;
}

/**
 * Who may approve is asked for with the words of cert-manager's webhook, so that roles made for it hold here: `approve` on
 * `signers`, named `issuers.cert-manager.io/NAMESPACE.NAME`, `clusterissuers.cert-manager.io/NAME`, or with `*` for all.
 * It knows of every kind whether it has a namespace; here kinds without one are told by "Cluster" in their name.
 */
const approval = validating(
  "sekisho-approval",
  { operations: ["UPDATE"], resources: ["certificaterequests", "certificaterequests/status"] },
  {
    variables: Object.entries({
      before: decided("oldObject"),
      now: decided("object"),
      kind: `has(object.spec.issuerRef.kind) && object.spec.issuerRef.kind != "" ? object.spec.issuerRef.kind : "Issuer"`,
      group: `has(object.spec.issuerRef.group) && object.spec.issuerRef.group != "" ? object.spec.issuerRef.group : "${group}"`,
      signers: `variables.kind.lowerAscii() + "s." + variables.group + "/"`,
      signer: `variables.signers + (variables.kind.contains("Cluster") ? "" : object.metadata.namespace + ".") + object.spec.issuerRef.name`,
    }).map(([name, expression]) => ({ name, expression })),
    validations: [
      {
        expression: `variables.now == variables.before || ${mayApprove(`variables.signers + "*"`)} || ${mayApprove("variables.signer")}`,
        messageExpression: `request.userInfo.username + " may not approve or deny for " + variables.signer + ": that takes the verb approve on signers.${group}"`,
        reason: "Forbidden",
      },
      {
        expression: `variables.before.size() == 0 || variables.now == variables.before`,
        message: "what was decided about a CertificateRequest cannot be changed",
      },
      {
        expression: `variables.now.size() <= 1 && variables.now.all(one, one.split(" ")[1] == "True")`,
        message: "a CertificateRequest is either Approved or Denied, and that is True",
      },
      {
        expression: "object.spec == oldObject.spec",
        message: "a CertificateRequest cannot be changed",
      },
    ],
  },
);

/** The right to approve that cert-manager's chart gives its own controller, and for AWS Private CA aws-privateca-issuer's. */
const approver = (() => {
  const name = "sekisho-approval";
  const kinds = [issuerKind, clusterIssuerKind, awsPcaIssuerKind, awsPcaClusterIssuerKind];
  const api = "rbac.authorization.k8s.io";
  const rule = {
    ...{ apiGroups: [group], resources: ["signers"], verbs: ["approve"] },
    resourceNames: kinds.map((kind) => `${kind.plural}.${kind.group}/*`),
  };
  const subject = { kind: "ServiceAccount", name: "sekisho-controller" };
  return [
    { apiVersion: `${api}/v1`, kind: "ClusterRole", metadata: { name }, rules: [rule] },
    {
      ...{ apiVersion: `${api}/v1`, kind: "ClusterRoleBinding", metadata: { name } },
      roleRef: { apiGroup: api, kind: "ClusterRole", name },
      subjects: [{ ...subject, namespace: "sekisho-system" }],
    },
  ];
})();

const requester = [
  {
    ...{ apiVersion: registration, kind: "MutatingAdmissionPolicy" },
    ...{ metadata: { name: requesterPolicyName }, spec: requesterPolicySpec },
  },
  {
    ...{ apiVersion: registration, kind: "MutatingAdmissionPolicyBinding" },
    ...{ metadata: { name: requesterPolicyName }, spec: requesterBindingSpec },
  },
];

/** By the name of a file: the objects in it, below a comment. */
export const admissionManifests: ReadonlyMap<
  string,
  { readonly comment: string; readonly objects: readonly JsonObject[] }
> = new Map([
  [
    "approval.yaml",
    {
      comment: "who may approve or deny a CertificateRequest; Kubernetes 1.30 and later.",
      objects: [...approver, ...approval],
    },
  ],
  [
    "requester.yaml",
    {
      comment:
        "who made a CertificateRequest is written into it, and cannot be forged; Kubernetes 1.36 and later.",
      objects: requester,
    },
  ],
]);
