import assert from "node:assert/strict";
import { test } from "node:test";
import { ingressKind } from "#kinds/ingress.ts";
import { read } from "#kinds/kind.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import type { AutoCertificates } from "../dialect.ts";
import { type AskedCertificates, certificatesOfIngress } from "./ingress-certificates.ts";

const shop = [{ secretName: "shop", hosts: ["shop.example.com"] }];

function asked(
  annotations: Readonly<Record<string, string>>,
  tls: readonly object[] = shop,
  settings: AutoCertificates = {},
): AskedCertificates {
  const object = storedObject({
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { annotations, labels: { app: "shop" } },
    body: { spec: { tls: tls as never } },
  });
  return certificatesOfIngress(read(ingressKind, object), settings);
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

const auto: AutoCertificates = {
  defaultIssuer: { name: "public", kind: "ClusterIssuer" },
  autoCertificateAnnotations: ["kubernetes.io/tls-acme", "example.com/tls"],
};

const cases: Readonly<
  Record<string, readonly [annotations: Readonly<Record<string, string>>, issuer?: object]>
> = {
  "the default issuer serves an Ingress that names none": [
    { "kubernetes.io/tls-acme": "true" },
    { name: "public", kind: "ClusterIssuer" },
  ],
  "an annotation of the operator's own asks the same": [
    { "example.com/tls": "True" },
    { name: "public", kind: "ClusterIssuer" },
  ],
  "an issuer that is named wins over the default one": [
    { "kubernetes.io/tls-acme": "true", "cert-manager.io/issuer": "own" },
    { name: "own", kind: "Issuer" },
  ],
  "the default issuer may be of a kind that the Ingress names": [
    { "kubernetes.io/tls-acme": "true", "cert-manager.io/issuer-kind": "Issuer" },
    { name: "public", kind: "Issuer" },
  ],
  "an annotation that is not true asks for nothing": [{ "kubernetes.io/tls-acme": "false" }],
};

for (const [sentence, [annotations, issuer]] of Object.entries(cases)) {
  test(sentence, () => {
    const { wantedCertificates = [], findings } = asked(annotations, shop, auto);
    assert.deepEqual(findings, []);
    assert.ok(wantedCertificates !== "as-before");
    assert.deepEqual(
      wantedCertificates.map((one) => one.issuer),
      issuer === undefined ? [] : [issuer],
    );
  });
}

test("without a default issuer it is told, and certificates that were made before stay", () => {
  const { autoCertificateAnnotations = [] } = auto;
  const { wantedCertificates, findings } = asked({ "kubernetes.io/tls-acme": "true" }, shop, {
    autoCertificateAnnotations,
  });
  assert.equal(wantedCertificates, "as-before");
  assert.deepEqual(
    findings.map(({ severity, reason, origin }) => [severity, reason, origin.path]),
    [["warning", "BadConfig", "metadata.annotations[kubernetes.io/tls-acme]"]],
  );
});

test("annotations that the operator names go over to the certificate, also that there is none", () => {
  const annotations = { "cert-manager.io/issuer": "own", "example.com/team": "shop" };
  const { wantedCertificates = [] } = asked(annotations, shop, {
    extraCertificateAnnotations: ["example.com/team", "example.com/cost"],
  });
  assert.ok(wantedCertificates !== "as-before");
  assert.deepEqual(
    wantedCertificates.map(({ copied }) => copied),
    [{ "example.com/team": "shop", "example.com/cost": null }],
  );
});
