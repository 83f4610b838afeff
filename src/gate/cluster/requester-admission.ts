/**
 * Since when an API server writes into each CertificateRequest who made it (`deploy/admission/requester.yaml`): what requests of
 * before say of it could have been written by anybody.
 */

import { isJsonObject, type JsonObject, sameJson } from "#base/json.ts";
import { objectAt, objectsAt } from "#base/json-path.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError } from "#store/object-store.ts";

/**
 * What is known of who asks, each as it can stand in a patch: lists and maps of requests cannot, those that an expression made
 * of them can.
 */
const requesterFields: Readonly<Record<string, string>> = {
  username: "request.userInfo.username",
  uid: "request.userInfo.uid",
  groups: "request.userInfo.groups.map(one, one)",
  extra: "request.userInfo.extra.transformMap(key, values, values.map(one, one))",
};

/** A field of who asks, whatever was written there. */
function stamp([field, value]: readonly [string, string]): string {
  const path = `path: "/spec/${field}"`;
  return `(has(request.userInfo.${field}) ? [JSONPatch{op: "add", ${path}, value: ${value}}] : has(object.spec.${field}) ? [JSONPatch{op: "remove", ${path}}] : [])`;
}

/** Of the MutatingAdmissionPolicy, and of its binding. */
export const requesterPolicyName = "sekisho-requester";

export const requesterPolicySpec: JsonObject = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [
      {
        apiGroups: [certificateRequestKind.group],
        apiVersions: [certificateRequestKind.version],
        operations: ["CREATE"],
        resources: [certificateRequestKind.plural],
      },
    ],
  },
  reinvocationPolicy: "IfNeeded",
  mutations: [
    {
      patchType: "JSONPatch",
      jsonPatch: { expression: Object.entries(requesterFields).map(stamp).join(" + ") },
    },
  ],
};

export const requesterBindingSpec: JsonObject = { policyName: requesterPolicyName };

/** API servers take up what is written there within seconds, by clocks of their own. */
const margin = Temporal.Duration.from({ minutes: 1 });

/** Undefined: it is not in force, says something else, or may not be read. Throws StoreError. */
export async function requesterKnownSince(
  api: Pick<KubernetesStore, "call">,
): Promise<Temporal.Instant | undefined> {
  const lastWrites = await Promise.all([
    lastWrite(api, "mutatingadmissionpolicies", requesterPolicySpec),
    lastWrite(api, "mutatingadmissionpolicybindings", requesterBindingSpec),
  ]);
  const times = lastWrites.filter((one) => one !== undefined).sort(Temporal.Instant.compare);
  return times.length < lastWrites.length ? undefined : times.at(-1)?.add(margin);
}

/** Of an object that says what ours does; whatever was written to it, it may have said something else before. */
async function lastWrite(
  api: Pick<KubernetesStore, "call">,
  plural: string,
  spec: JsonObject,
): Promise<Temporal.Instant | undefined> {
  const path = `/apis/admissionregistration.k8s.io/v1/${plural}/${requesterPolicyName}`;
  const found = await api.call({ method: "GET", path }).catch((error: unknown) => {
    // Without the right to look it is not known, and what we ask for ourselves goes on.
    if (error instanceof StoreError && (error.code === "not-found" || error.code === "denied"))
      return undefined;
    throw error;
  });
  if (!isJsonObject(found) || !sameJson(withoutDefaults(objectAt(found, "spec")), spec))
    return undefined;
  const writes = objectsAt(found, "metadata", "managedFields");
  const times = writes.map(({ time }) => time);
  if (!times.every((time) => typeof time === "string")) return undefined;
  return times
    .map((time) => Temporal.Instant.from(time))
    .sort(Temporal.Instant.compare)
    .at(-1);
}

/** An API server writes into it what it does not say. */
function withoutDefaults(spec: JsonObject | undefined): JsonObject | undefined {
  const constraints = objectAt(spec, "matchConstraints");
  if (spec === undefined || constraints === undefined) return spec;
  const resourceRules = objectsAt(constraints, "resourceRules").map((rule) =>
    without(rule, { scope: "*" }),
  );
  const said = without(constraints, {
    ...{ matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} },
  });
  return { ...spec, matchConstraints: { ...said, resourceRules } };
}

/** Fields that say what they would say anyway are left out. */
function without(object: JsonObject, usual: JsonObject): JsonObject {
  const entries = Object.entries(object);
  return Object.fromEntries(entries.filter(([name, value]) => !sameJson(value, usual[name])));
}
