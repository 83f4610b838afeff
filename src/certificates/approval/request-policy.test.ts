/** Which requests policies approve, which they deny, and which they leave to others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import { type RequestPolicySpec, requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { askedBySpec } from "./asked-certificate.ts";
import { isAbout, isLike, judgeRequest, readPolicy } from "./request-policy.ts";

const web = { issuerRef: { name: "ca" }, secretName: "web", dnsNames: ["web.example.com"] };
const names = { dnsNames: { values: ["*.example.com"] } };

function judged(
  policies: Readonly<Record<string, Partial<RequestPolicySpec>>>,
  more: Partial<CertificateSpec> = {},
): string {
  const asked = askedBySpec("shop", { ...web, ...more });
  assert.ok(asked.ok);
  const about = Object.entries(policies).flatMap(([name, said]) => {
    const apiVersion = "policy.cert-manager.io/v1alpha1";
    const body = { spec: { selector: {}, ...said } as JsonObject };
    const spec = readPolicy(storedObject({ apiVersion, kind: "CertificateRequestPolicy", body }));
    return spec.ok && isAbout(spec.value, asked.value) ? [{ name, spec: spec.value }] : [];
  });
  const judgement = judgeRequest(about, asked.value);
  switch (judgement.kind) {
    case "approved":
      return `approved by ${judgement.policy}`;
    case "denied":
      return judgement.why;
    case "undecided":
      return "undecided";
  }
}

const cases: Readonly<
  Record<string, readonly [Partial<RequestPolicySpec>, Partial<CertificateSpec>, string]>
> = {
  "a name that a pattern takes is approved": [{ allowed: names }, {}, "approved by one"],
  "every name has to be allowed": [
    { allowed: names },
    { dnsNames: ["web.example.com", "bank.example.org"] },
    "one: dnsNames: bank.example.org",
  ],
  "what a policy does not say is not allowed": [
    { allowed: names },
    { commonName: "web", isCA: true, usages: ["server auth"], subject: { organizations: ["Us"] } },
    "one: commonName: web, subject.organizations: Us, isCA, usages: server auth",
  ],
  "what is allowed need not be asked for, unless it is required": [
    { allowed: { ...names, commonName: { required: true, value: "*" }, isCA: true } },
    {},
    "one: commonName is missing",
  ],
  "names that no policy has a word for are not allowed": [
    { allowed: names },
    { otherNames: [{ oid: "1.3.6.1.4.1.311.20.2.3", utf8Value: "me" }] },
    "one: otherNames: 1.3.6.1.4.1.311.20.2.3 me",
  ],
  "lives and keys have bounds": [
    {
      allowed: names,
      constraints: { maxDuration: "24h", privateKey: { algorithm: "ECDSA", minSize: 3072 } },
    },
    {},
    "one: duration is more than 24h, privateKey.algorithm is not ECDSA, privateKey.size is below 3072",
  ],
  "a policy with a bound that cannot be read never applies": [
    { allowed: names, constraints: { minDuration: "long" } },
    {},
    "undecided",
  ],
  "a policy for another issuer does not apply": [
    { allowed: names, selector: { issuerRef: { name: "other-*" } } },
    {},
    "undecided",
  ],
  "an issuer's kind and group count as their defaults": [
    { allowed: names, selector: { issuerRef: { kind: "Issuer", group: "cert-manager.io" } } },
    {},
    "approved by one",
  ],
  "a policy for other namespaces does not apply": [
    { allowed: names, selector: { namespace: { matchNames: ["team-*"] } } },
    {},
    "undecided",
  ],
  "a policy that needs what is not judged here never applies": [
    { allowed: { dnsNames: { values: ["*"], validations: [{ rule: "true" }] } } },
    {},
    "undecided",
  ],
  "nor does one with labels of namespaces": [
    { allowed: names, selector: { namespace: { matchLabels: { team: "shop" } } } },
    {},
    "undecided",
  ],
};

for (const [name, [policy, spec, said]] of Object.entries(cases)) {
  test(name, () => assert.equal(judged({ one: policy }, spec), said));
}

test("a policy with a field that is told as judged elsewhere never applies", () => {
  for (const { path } of requestPolicyKind.withoutEffect) {
    const [, ...fields] = path.split(".");
    const used = path.endsWith("validations") ? [{ rule: "true" }] : { a: "b" };
    const spec = fields.reduceRight<unknown>((inner, field) => ({ [field]: inner }), used);
    assert.equal(judged({ one: spec as Partial<RequestPolicySpec> }), "undecided", path);
  }
  assert.ok(requestPolicyKind.withoutEffect.length > 10);
});

test("one policy that approves is enough", () => {
  const other = { allowed: { dnsNames: { values: ["web.example.com"] } } };
  assert.equal(judged({ none: {}, other }), "approved by other");
});

test("a star stands for any characters, also none, and parts never share characters", () => {
  const taken = (said: string, pattern?: string): boolean => isLike(said, pattern);
  assert.deepEqual(
    [taken("ab"), taken("ab", "a*b"), taken("aab", "*a*ab"), taken("", "*"), taken("ab", "ab")],
    [true, true, true, true, true],
  );
  assert.deepEqual(
    [taken("ab", ""), taken("ab", "ab*b"), taken("aba", "ab*ba"), taken("abc", "a*d")],
    [false, false, false, false],
  );
});
