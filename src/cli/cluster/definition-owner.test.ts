import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { customResourceDefinition, type DefinedKind } from "#kinds/custom-resource-definition.ts";
import { policyKind } from "#kinds/nginx/policy.ts";
import { checkDefinitions } from "./definition-checks.ts";
import { inspectDefinition } from "./definition-owner.ts";

const kind = policyKind as DefinedKind;
const ours = customResourceDefinition(kind);

interface Kept {
  readonly by?: readonly string[];
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
}

/** Our definition as a cluster has it, written by those managers. */
function kept({ by = [], metadata = {}, spec = {} }: Kept): JsonObject {
  const managedFields = [
    ...by.map((manager) => ({ manager })),
    { manager: "kube-apiserver", subresource: "status" },
  ];
  return {
    ...ours,
    metadata: { ...(ours["metadata"] as JsonObject), ...metadata, managedFields },
    spec: { ...(ours["spec"] as JsonObject), ...spec },
  };
}

test("a definition with our label is ours when we or people with kubectl wrote it", () => {
  for (const by of [["sekisho"], ["kubectl"], ["kubectl-client-side-apply", "sekisho"]])
    assert.equal(inspectDefinition(kind, kept({ by })).owner, "ours");
});

test("a definition of ours that a program keeps is that program's", () => {
  const found = inspectDefinition(kind, kept({ by: ["argocd-controller"] }));
  assert.deepEqual([found.owner, found.keeper], ["another", "argocd-controller"]);
});

test("a definition without our label is another's, named by its release or whoever wrote it", () => {
  const labels = { "app.kubernetes.io/managed-by": "Helm" };
  const annotations = { "meta.helm.sh/release-name": "nginx-ingress" };
  const keeper = (metadata: JsonObject): string => {
    const found = inspectDefinition(kind, kept({ by: ["kubectl"], metadata }));
    assert.equal(found.owner, "another");
    return found.keeper;
  };
  assert.equal(keeper({ labels, annotations }), "the Helm release nginx-ingress");
  assert.equal(keeper({ labels }), "Helm");
  assert.equal(keeper({ labels: {} }), "whoever applied it");
});

test("a definition that does not serve the version we read is too old", () => {
  const versions = [
    { name: "v1alpha1", served: true },
    { name: "v1", served: false },
  ];
  const found = inspectDefinition(kind, kept({ spec: { versions } }));
  assert.deepEqual([found.isReadable, found.served], [false, ["v1alpha1"]]);
  const [, ...verdicts] = checkDefinitions({ items: [kept({ spec: { versions } })] });
  const old = verdicts.filter(({ text }) => text.includes("and Sekisho reads v1"));
  assert.deepEqual(
    old.map(({ text }) => text),
    ["policies.k8s.nginx.org serves v1alpha1, and Sekisho reads v1"],
  );
  assert.ok(verdicts.length > old.length, "kinds that are not defined are named, too");
});
