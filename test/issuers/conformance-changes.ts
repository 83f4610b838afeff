/** What of cert-manager's conformance suite is more than one Certificate: what is changed of it, and what Ingresses ask for. */

import assert from "node:assert/strict";
import { ownedCertificates } from "#certificates/shims/wanted-certificates.ts";
import { certificatesOfIngress } from "#dialects/common/ingress-certificates.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { read } from "#kinds/kind.ts";
import { quickKey } from "#test/fakes/certificates/certificate-stage.ts";
import { type IssuerUnderTest, issue, leafOf } from "./conformance-stage.ts";

const privateKey = { ...quickKey, rotationPolicy: "Never" };

/** Over every issuer; none may leave one out. */
export const changes = {
  "a name that is added to a Certificate": async (issuer) => {
    const { stage } = issuer;
    await issue(issuer, "grown", { dnsNames: ["a.example.com"] });
    const before = await leafOf(stage, "grown");
    await stage.changeSpec("grown", { dnsNames: ["a.example.com", "b.example.com"] });
    await stage.settled("grown");
    const after = await leafOf(stage, "grown");
    assert.equal(after.subjectAltName, "DNS:a.example.com, DNS:b.example.com");
    assert.notEqual(after.serialNumber, before.serialNumber);
  },
  "the same key again where it is to stay": async (issuer) => {
    const { stage } = issuer;
    await issue(issuer, "kept", { dnsNames: ["a.example.com"], privateKey });
    const before = await leafOf(stage, "kept");
    await stage.changeSpec("kept", { dnsNames: ["b.example.com"] });
    await stage.settled("kept");
    const after = await leafOf(stage, "kept");
    assert.equal(after.subjectAltName, "DNS:b.example.com");
    assert.ok(after.publicKey.equals(before.publicKey));
  },
  "the same key behind a Certificate that was taken away with its request": async (issuer) => {
    const { stage } = issuer;
    await issue(issuer, "back", { dnsNames: ["a.example.com"], privateKey });
    const before = await leafOf(stage, "back");
    await stage.remove("back");
    // Another name, so that it is issued and not only taken over.
    await issue(issuer, "back", { dnsNames: ["c.example.com"], privateKey });
    const after = await leafOf(stage, "back");
    assert.equal(after.subjectAltName, "DNS:c.example.com");
    assert.ok(after.publicKey.equals(before.publicKey));
  },
  "an Ingress that names the issuer": async (issuer) => {
    await askByIngress(issuer, "plain", { "private-key-algorithm": "ECDSA" });
    const leaf = await leafOf(issuer.stage, "plain");
    assert.equal(leaf.subjectAltName, "DNS:plain.example.com");
  },
  "an Ingress with an annotation for each field": async (issuer) => {
    const { store, namespace, secret, condition } = issuer.stage;
    await askByIngress(issuer, "annotated", {
      ...{ "common-name": "annotated.example.com", "alt-names": "more.example.com" },
      ...{ "subject-organizations": "Example", duration: "72h", "renew-before": "24h" },
      ...{ usages: "digital signature,server auth", "revision-history-limit": "3" },
      ...{ "private-key-algorithm": "ECDSA", "private-key-size": "384" },
      ...{ "private-key-rotation-policy": "Always", "secret-template": '{"labels":{"team":"a"}}' },
    });
    const certificate = await store.get({ kind: certificateKind.id, namespace, name: "annotated" });
    assert.deepEqual(certificate?.body["spec"], {
      ...{ secretName: "annotated", issuerRef: { kind: "Issuer", ...issuer.issuerRef } },
      ...{ dnsNames: ["annotated.example.com", "more.example.com"] },
      ...{ commonName: "annotated.example.com", subject: { organizations: ["Example"] } },
      ...{ duration: "72h", renewBefore: "24h", usages: ["digital signature", "server auth"] },
      ...{ privateKey: { algorithm: "ECDSA", size: 384, rotationPolicy: "Always" } },
      ...{ revisionHistoryLimit: 3, secretTemplate: { labels: { team: "a" } } },
    });
    const leaf = await leafOf(issuer.stage, "annotated");
    assert.equal(leaf.subjectAltName, "DNS:annotated.example.com, DNS:more.example.com");
    assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "secp384r1");
    assert.equal((await secret("annotated"))?.metadata.labels["team"], "a");
    assert.match(await condition("annotated", "Ready"), /^True Ready /);
  },
} as const satisfies Readonly<Record<string, (issuer: IssuerUnderTest) => Promise<void>>>;

export type ChangeName = keyof typeof changes;

/** Has an Ingress made with annotations of cert-manager's, and waits for its certificate, which has the Ingress' name. */
async function askByIngress(
  { stage, issuerRef }: IssuerUnderTest,
  name: string,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const { store, namespace, settled } = stage;
  const isClusterWide = issuerRef["kind"] === "ClusterIssuer";
  const all: Readonly<Record<string, unknown>> = {
    [isClusterWide ? "cluster-issuer" : "issuer"]: issuerRef["name"],
    ...(isClusterWide ? {} : { "issuer-kind": issuerRef["kind"] }),
    "issuer-group": isClusterWide ? undefined : issuerRef["group"],
    ...annotations,
  };
  const given = Object.entries(all).flatMap(([key, text]) =>
    typeof text === "string" ? [[`cert-manager.io/${key}`, text] as const] : [],
  );
  const ingress = await store.create({
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { name, namespace, annotations: Object.fromEntries(given) },
    body: { spec: { tls: [{ secretName: name, hosts: [`${name}.example.com`] }] } },
  });
  const { wantedCertificates, findings } = certificatesOfIngress(read(ingressKind, ingress), {});
  assert.deepEqual(findings, []);
  assert.ok(typeof wantedCertificates === "object");
  await ownedCertificates(store).bring(ingress, wantedCertificates);
  await settled(name);
}
