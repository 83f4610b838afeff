/** Which CertificateRequestPolicies a cluster lets us approve by: its RBAC says so, as for approver-policy. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { objectAt } from "#base/json-path.ts";
import type { MayUse } from "#certificates/approval/approver.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";

const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/**
 * The requests of Certificates are made by us: policies that we have the verb `use` on count for them. For those that somebody
 * made by hand none does, as it is not ours to say who that was: a person decides, or an approver that was told.
 */
export function policyRights(cluster: Pick<KubernetesStore, "call">): MayUse {
  return async (policy, requester) => {
    if (requester !== "a Certificate") return false;
    const { group, plural: resource } = requestPolicyKind;
    const resourceAttributes = { group, resource, name: policy, verb: "use" };
    const body: JsonObject = {
      ...{ apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview" },
      spec: { resourceAttributes },
    };
    const answer = await cluster.call({ method: "POST", path, body });
    return isJsonObject(answer) && objectAt(answer as JsonObject, "status")?.["allowed"] === true;
  };
}
