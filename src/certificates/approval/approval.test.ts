/** What becomes of Certificates and requests where policies say what is approved. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { findCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import {
  type CertificateStage,
  certificateStage,
  quickKey,
} from "#test/fakes/certificates/certificate-stage.ts";

const policyKind = "CertificateRequestPolicy.policy.cert-manager.io";

const web = {
  ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
  issuerRef: { name: "self" },
};

function policy({ store }: CertificateStage, name: string, spec: JsonObject): Promise<KubeObject> {
  return store.create({
    apiVersion: "policy.cert-manager.io/v1alpha1",
    kind: "CertificateRequestPolicy",
    metadata: { name, namespace: "" },
    body: { spec: { selector: {}, ...spec } },
  });
}

const allowing = (...values: readonly string[]): JsonObject => ({
  allowed: { dnsNames: { values: [...values] } },
});

async function begin(context: TestContext, spec: JsonObject): Promise<CertificateStage> {
  const stage = await certificateStage(context);
  await policy(stage, "ours", spec);
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "web", web);
  await stage.settled();
  return stage;
}

async function approvals(stage: CertificateStage): Promise<readonly string[]> {
  return (await stage.requests()).map(({ status }) =>
    ["Approved", "Denied"]
      .flatMap((type) => findCondition(status, type) ?? [])
      .map(({ type, reason, message }) => `${type} ${reason} ${message}`)
      .join(),
  );
}

test("a policy that allows a request approves it by name", async (context) => {
  const stage = await begin(context, allowing("*.example.com"));
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assert.deepEqual(await approvals(stage), [
    'Approved policy.cert-manager.io by CertificateRequestPolicy "ours"',
  ]);
});

test("a policy says whether requests are judged by it, and is left to who judges by more", async (context) => {
  const stage = await begin(context, allowing("*"));
  const rule = { dnsNames: { validations: [{ rule: "true" }] } };
  const { metadata } = await policy(stage, "more", { allowed: rule });
  await stage.settled();
  const ready = async (name: string): Promise<string> => {
    const found = await stage.store.get({ kind: policyKind, namespace: "", name });
    const { status, reason, message } = findCondition(found?.status, "Ready") ?? {};
    return `${status} ${reason} ${message}`;
  };
  assert.equal(
    await ready("ours"),
    "True Ready CertificateRequestPolicy is ready for approval evaluation",
  );
  assert.match(await ready("more"), /^False NotReady .* by spec.allowed.dnsNames.validations$/);
  const said = { type: "Ready", status: "True", reason: "Ready", observedGeneration: 1 };
  await stage.store.replaceStatus(
    { kind: policyKind, namespace: "", name: metadata.name },
    { conditions: [{ ...said, message: "by its own controller" }] },
  );
  await stage.settled();
  assert.equal(await ready("more"), "True Ready by its own controller");
});

test("what no policy allows gets no key and no request, says so, and is issued once a policy allows it", async (context) => {
  const stage = await begin(context, allowing("*.example.org"));
  const refused = "No policy allows what is asked for: ours: dnsNames: web.example.com";
  assert.equal(await stage.condition("web", "Issuing"), `False Denied ${refused}`);
  assert.deepEqual([await stage.secrets(), await stage.requests()], [[], []]);
  assert.deepEqual(
    stage.events.filter((event) => event.startsWith("Denied")),
    [`Denied ${refused}`],
  );
  await policy(stage, "more", allowing("web.example.com"));
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("a request that no policy applies to waits for a person, or for a policy", async (context) => {
  const elsewhere = { namespace: { matchNames: ["elsewhere"] } };
  const stage = await begin(context, { ...allowing("*"), selector: elsewhere });
  assert.deepEqual(await approvals(stage), [""]);
  assert.ok(stage.events.some((event) => event.startsWith("WaitingForApproval")));
  await policy(stage, "here", allowing("*"));
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("a renewal that a policy came to forbid leaves the certificate that there is in use", async (context) => {
  const stage = await begin(context, allowing("*"));
  const before = await stage.secret("web-tls");
  await stage.store.remove({ kind: policyKind, namespace: "", name: "ours" });
  await policy(stage, "none", {});
  await stage.pass({ hours: 24 * 61 });
  assert.match(await stage.condition("web", "Issuing"), /^False Denied/);
  assert.match(await stage.condition("web", "Ready"), /^True/);
  assert.deepEqual((await stage.secret("web-tls"))?.body, before?.body);
});
