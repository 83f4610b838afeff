import assert from "node:assert/strict";
import { test } from "node:test";
import { ingressKind } from "#kinds/ingress.ts";
import { read } from "#kinds/kind.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type AskedCertificates, certificatesOfIngress } from "./ingress-certificates.ts";

const shop = [{ secretName: "shop", hosts: ["shop.example.com"] }];

function asked(
  annotations: Readonly<Record<string, string>>,
  tls: readonly object[] = shop,
): AskedCertificates {
  const object = storedObject({
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { annotations, labels: { app: "shop" } },
    body: { spec: { tls: tls as never } },
  });
  return certificatesOfIngress(read(ingressKind, object));
}

test("an Ingress that names an issuer asks for a certificate into each of its Secrets", () => {
  const { wantedCertificates, findings } = asked({ "cert-manager.io/cluster-issuer": "all" }, [
    ...shop,
    { secretName: "both", hosts: ["a.example.com", "10.0.0.1"] },
    { secretName: "twice", hosts: ["b.example.com"] },
    { secretName: "twice", hosts: ["c.example.com"] },
    { hosts: ["d.example.com"] },
  ]);
  assert.deepEqual(findings, []);
  const common = {
    issuer: { name: "all", kind: "ClusterIssuer" },
    usages: ["digital signature", "key encipherment"],
    meanwhile: "nothing",
    labels: { app: "shop" },
  };
  assert.deepEqual(wantedCertificates, [
    { name: "shop", hosts: ["shop.example.com"], ...common, further: {} },
    {
      ...{ name: "both", hosts: ["a.example.com"], ...common },
      further: { ipAddresses: ["10.0.0.1"] },
    },
  ]);
});

test("annotations say what it is to be", () => {
  const annotations = {
    issuer: "pca",
    "issuer-kind": "AWSPCAIssuer",
    "issuer-group": "awspca.cert-manager.io",
    "common-name": "shop",
    "alt-names": 'www.example.com, "a,b"',
    "ip-sans": "::1",
    "email-sans": "a@example.com",
    "subject-organizations": 'One,"Two, and ""three"""',
    "subject-serialnumber": "7",
    duration: "720h",
    "renew-before-percentage": "20",
    usages: "server auth,client auth",
    "revision-history-limit": "3",
    "private-key-algorithm": "ECDSA",
    "private-key-size": "384",
    "secret-template": '{"labels":{"team":"a"}}',
  };
  const named = Object.entries(annotations).map(([key, text]) => [`cert-manager.io/${key}`, text]);
  const { wantedCertificates } = asked({
    ...Object.fromEntries(named),
    "acme.cert-manager.io/http01-edit-in-place": "true",
  });
  assert.deepEqual(wantedCertificates, [
    {
      name: "shop",
      hosts: ["shop.example.com", "www.example.com", "a,b"],
      issuer: { name: "pca", kind: "AWSPCAIssuer", group: "awspca.cert-manager.io" },
      commonName: "shop",
      duration: "720h",
      usages: ["server auth", "client auth"],
      meanwhile: "self-signed",
      labels: { app: "shop" },
      further: {
        emailAddresses: ["a@example.com"],
        ipAddresses: ["::1"],
        subject: { organizations: ["One", 'Two, and "three"'], serialNumber: "7" },
        privateKey: { algorithm: "ECDSA", size: 384 },
        renewBeforePercentage: 20,
        revisionHistoryLimit: 3,
        secretTemplate: { labels: { team: "a" } },
      },
    },
  ]);
});

const wrong: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "two issuers": { issuer: "a", "cluster-issuer": "b" },
  "a kind beside a ClusterIssuer": { "cluster-issuer": "b", "issuer-kind": "Issuer" },
  "a duration that is none": { issuer: "a", duration: "90d" },
  "a number that is none": { issuer: "a", "revision-history-limit": "many" },
  "a template that is no JSON": { issuer: "a", "secret-template": "{" },
};

for (const [what, annotations] of Object.entries(wrong)) {
  test(`${what} is told, and certificates that were made before stay`, () => {
    const named = Object.entries(annotations).map(([key, text]) => [
      `cert-manager.io/${key}`,
      text,
    ]);
    const { wantedCertificates, findings } = asked(Object.fromEntries(named));
    assert.equal(wantedCertificates, "as-before");
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ["BadConfig"],
    );
  });
}

test("without an issuer nothing is asked for", () => {
  assert.deepEqual(asked({ "cert-manager.io/common-name": "a" }), { findings: [] });
});
