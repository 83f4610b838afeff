/** Whom a cluster lets use which policies, and whom it is asked about. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { objectAt, textAt } from "#base/json-path.ts";
import type { MayUse } from "#certificates/approval/approver.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ApiRequest } from "#store/kubernetes/api-server.ts";
import { StoreError } from "#store/object-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { createPolicyRights } from "./policy-rights.ts";
import { requesterBindingSpec, requesterPolicySpec } from "./requester-admission.ts";

/** An API server, of which a test says what matters to it. */
class Cluster {
  /** `USER POLICY NAMESPACE`; we are `ourselves`. */
  readonly rights = new Set<string>(["alice web shop"]);
  readonly asked: JsonObject[] = [];
  policySpec: JsonObject | undefined = withDefaults(requesterPolicySpec);
  lastWrite = "2026-01-01T00:00:00Z";
  /** The paths that we have no right to. */
  denied: RegExp | undefined;

  async call({ path, body }: ApiRequest): Promise<JsonObject> {
    if (this.denied?.test(path)) throw new StoreError("denied", "forbidden");
    if (path.includes("/mutatingadmissionpolic")) {
      const isBinding = path.includes("bindings");
      const spec = isBinding ? requesterBindingSpec : this.policySpec;
      if (spec === undefined) throw new StoreError("not-found", "no such policy");
      return { metadata: { managedFields: [{ time: this.lastWrite }] }, spec };
    }
    const review = objectAt(body as JsonObject, "spec") ?? {};
    this.asked.push(review);
    const { name, namespace } = objectAt(review, "resourceAttributes") ?? {};
    const user = path.endsWith("/selfsubjectaccessreviews") ? "ourselves" : textAt(review, "user");
    return { status: { allowed: this.rights.has(`${user} ${name} ${namespace}`) } };
  }
}

/** As an API server gives it back. */
function withDefaults(spec: JsonObject): JsonObject {
  const { resourceRules } = objectAt(spec, "matchConstraints") ?? {};
  const rules = (resourceRules as readonly JsonObject[]).map((rule) => ({ ...rule, scope: "*" }));
  const usual = { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} };
  return { ...spec, matchConstraints: { ...usual, resourceRules: rules } };
}

function requestOf(username: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return storedObject({
    ...{ apiVersion: "cert-manager.io/v1", kind: "CertificateRequest" },
    metadata: { namespace: "shop", creationTimestamp: "2026-01-02T00:00:00Z", ...metadata },
    body: { spec: { username, groups: ["team"], uid: "u1", extra: { floor: ["two"] } } },
  });
}

function rightsIn(cluster: Cluster, clock = createManualClock()): MayUse {
  return createPolicyRights({ clock, api: cluster });
}

const byHand = (request: KubeObject): Parameters<MayUse>[1] => {
  return { namespace: "shop", request, isOfCertificate: false };
};

test("whoever made a request needs the right to use the policy in its namespace", async () => {
  const cluster = new Cluster();
  const mayUse = rightsIn(cluster);
  assert.ok((await mayUse("web", byHand(requestOf("alice")))).ok);
  assert.deepEqual(await mayUse("web", byHand(requestOf("bob"))), {
    ...{ ok: false, error: 'bob may not use CertificateRequestPolicy "web"' },
  });
  const { resourceAttributes: _, ...who } = cluster.asked[0] ?? {};
  assert.deepEqual(who, { user: "alice", groups: ["team"], uid: "u1", extra: { floor: ["two"] } });
});

test("a Certificate is judged by our own right, and a request that says it is for one by who made it", async () => {
  const cluster = new Cluster();
  cluster.rights.add("ourselves web shop");
  const mayUse = rightsIn(cluster);
  assert.ok((await mayUse("web", { namespace: "shop", isOfCertificate: true })).ok);
  const claimed = { ...byHand(requestOf("bob")), isOfCertificate: true };
  assert.equal((await mayUse("web", claimed)).ok, false);
});

const unknown: Readonly<Record<string, (cluster: Cluster) => KubeObject>> = {
  "where nobody writes down who asks": (cluster) => {
    cluster.policySpec = undefined;
    return requestOf("alice");
  },
  "where what writes it down says something else": (cluster) => {
    cluster.policySpec = { ...requesterPolicySpec, failurePolicy: "Ignore" };
    return requestOf("alice");
  },
  "where that was written to since": (cluster) => {
    cluster.lastWrite = "2026-01-03T00:00:00Z";
    return requestOf("alice");
  },
  "where that was written to a moment before": (cluster) => {
    cluster.lastWrite = "2026-01-01T23:59:30Z";
    return requestOf("alice");
  },
  "where the request was changed since": () => requestOf("alice", { generation: 2 }),
};

for (const [where, arrange] of Object.entries(unknown)) {
  test(`what a request says of its maker counts for nothing ${where}`, async () => {
    const cluster = new Cluster();
    cluster.rights.add("ourselves web shop");
    const request = arrange(cluster);
    const mayUse = rightsIn(cluster);
    const use = await mayUse("web", byHand(request));
    assert.match(use.ok ? "" : use.error, /requester\.yaml was not in force/);
    // Those of Certificates from before are ours.
    assert.ok((await mayUse("web", { ...byHand(request), isOfCertificate: true })).ok);
  });
}

test("without the right to ask nothing is allowed, with what to do", async () => {
  const cluster = new Cluster();
  const request = byHand(requestOf("alice"));
  for (const path of ["mutatingadmissionpolicies", "subjectaccessreviews"]) {
    cluster.denied = new RegExp(`/${path}`);
    const use = await rightsIn(cluster)("web", request);
    assert.match(use.ok ? "" : use.error, /apply deploy\/certificates/, path);
  }
  cluster.rights.add("ourselves web shop");
  cluster.denied = /\/mutatingadmissionpolicies/;
  const ours = { ...request, isOfCertificate: true };
  assert.ok((await rightsIn(cluster)("web", ours)).ok, "what we ask for goes on");
});

test("an answer is remembered for a moment, and a right that is taken away counts then", async () => {
  const cluster = new Cluster();
  const clock = createManualClock();
  const mayUse = rightsIn(cluster, clock);
  const use = async (): Promise<boolean> => (await mayUse("web", byHand(requestOf("alice")))).ok;
  assert.deepEqual([await use(), await use(), cluster.asked.length], [true, true, 1]);
  cluster.rights.clear();
  await clock.advance(Temporal.Duration.from({ seconds: 11 }));
  assert.equal(await use(), false);
});
