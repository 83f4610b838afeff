import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import {
  type CertificateStage,
  certificateStage,
  quickKey,
} from "#test/fakes/certificates/certificate-stage.ts";

/** A self-signed root in a Secret, an issuer that signs by it, and one that lets everything sign itself. */
async function authority(context: TestContext): Promise<CertificateStage> {
  const stage = await certificateStage(context);
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "a root", isCA: true, privateKey: quickKey },
    ...{ issuerRef: { name: "self" }, duration: "87600h" },
  });
  await stage.create("Issuer", "ca", { ca: { secretName: "root" } });
  await stage.settled();
  return stage;
}

const web = {
  ...{ secretName: "web-tls", dnsNames: ["web.example.com"], privateKey: quickKey },
  ...{ issuerRef: { name: "ca" }, usages: ["server auth"] },
};

function textOf(secret: KubeObject | undefined, name: string): string {
  const value = (secret?.body["data"] as JsonObject | undefined)?.[name];
  return Buffer.from(typeof value === "string" ? value : "", "base64").toString();
}

async function statusOf(stage: CertificateStage, name: string): Promise<JsonObject> {
  return ((await stage.certificate(name))?.status ?? {}) as JsonObject;
}

const serialOf = async (stage: CertificateStage, name: string): Promise<string> =>
  new X509Certificate(textOf(await stage.secret(name), "tls.crt")).serialNumber;

test("a certificate is issued by an authority that was issued itself, and stored as cert-manager does", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^True Ready Certificate is up to date/);
  assert.equal(await stage.condition("web", "Issuing"), "");
  const secret = await stage.secret("web-tls");
  assert.equal(secret?.body["type"], "kubernetes.io/tls");
  const leaf = new X509Certificate(textOf(secret, "tls.crt"));
  const root = new X509Certificate(textOf(secret, "ca.crt"));
  assert.equal(leaf.subjectAltName, "DNS:web.example.com");
  assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root), "the root signed it");
  assert.match(textOf(secret, "tls.key"), /^-----BEGIN EC PRIVATE KEY-----/);
  assert.deepEqual(secret.metadata.labels, { "controller.cert-manager.io/fao": "true" });
  assert.deepEqual(secret.metadata.annotations, {
    "cert-manager.io/alt-names": "web.example.com",
    "cert-manager.io/certificate-name": "web",
    "cert-manager.io/common-name": "",
    "cert-manager.io/ip-sans": "",
    "cert-manager.io/issuer-group": "",
    "cert-manager.io/issuer-kind": "Issuer",
    "cert-manager.io/issuer-name": "ca",
    "cert-manager.io/uri-sans": "",
  });
  assert.deepEqual(await stage.secrets(), ["root", "web-tls"]);
  const status = await statusOf(stage, "web");
  assert.equal(status["revision"], 1);
  assert.equal(status["nextPrivateKeySecretName"], undefined);
  assert.equal(
    Temporal.Instant.from(String(status["notAfter"])).epochMilliseconds,
    leaf.validToDate.getTime(),
  );
  assert.deepEqual(
    stage.events
      .filter((event) => /^(Issuing|Generated|Requested)/.test(event))
      .slice(-4)
      .map((event) => event.split(" ")[0]),
    ["Issuing", "Generated", "Requested", "Issuing"],
  );
});

test("nothing is written when there is nothing to do", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  const before = await Promise.all([
    stage.certificate("web"),
    stage.secret("web-tls"),
    stage.requests(),
  ]);
  await stage.pass({ hours: 24 * 20 });
  await stage.stop();
  await stage.start();
  const after = await Promise.all([
    stage.certificate("web"),
    stage.secret("web-tls"),
    stage.requests(),
  ]);
  assert.deepEqual(after, before);
});

test("it is renewed with a new key when two thirds of its life are over", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  const [serial, key] = [
    await serialOf(stage, "web-tls"),
    textOf(await stage.secret("web-tls"), "tls.key"),
  ];
  await stage.pass({ hours: 24 * 59 });
  assert.equal(await serialOf(stage, "web-tls"), serial);
  await stage.pass({ hours: 26 });
  assert.notEqual(await serialOf(stage, "web-tls"), serial);
  assert.notEqual(textOf(await stage.secret("web-tls"), "tls.key"), key);
  assert.equal((await statusOf(stage, "web"))["revision"], 2);
  const names = (await stage.requests()).map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ["root-1", "web-2"]);
});

const reasons: Readonly<
  Record<string, readonly [RegExp, (stage: CertificateStage) => Promise<void>]>
> = {
  "its Secret is gone": [
    /^Issuing .*Secret does not exist/,
    async ({ store }) => store.remove({ kind: "Secret", namespace: "default", name: "web-tls" }),
  ],
  "another name is asked for": [
    /^Issuing Fields on existing CertificateRequest resource not up to date: \[spec\.dnsNames\]/,
    ({ changeSpec }) => changeSpec("web", { dnsNames: ["web.example.com", "www.example.com"] }),
  ],
  "another key is asked for": [
    /^Issuing Existing private key is not up to date for spec: \[spec\.privateKey\.size\]/,
    ({ changeSpec }) => changeSpec("web", { privateKey: { ...quickKey, size: 384 } }),
  ],
  "another issuer is asked for": [
    /^Issuing .*previously issued by "Issuer\.cert-manager\.io\/ca"/,
    ({ changeSpec }) => changeSpec("web", { issuerRef: { name: "self" } }),
  ],
  "a person asks": [
    /^Issuing The certificate has been successfully issued/,
    async ({ store, certificate }) => {
      const object = await certificate("web");
      const status = object?.status as JsonObject;
      const asked = {
        type: "Issuing",
        status: "True",
        reason: "ManuallyTriggered",
        message: "by hand",
      };
      const conditions = [...(status["conditions"] as readonly JsonObject[]), asked];
      const key = { kind: "Certificate.cert-manager.io", namespace: "default", name: "web" };
      await store.replaceStatus(key, { ...status, conditions });
    },
  ],
};

for (const [what, [event, change]] of Object.entries(reasons)) {
  test(`it is issued anew because ${what}`, async (context) => {
    const stage = await authority(context);
    await stage.create("Certificate", "web", web);
    await stage.settled();
    const serial = await serialOf(stage, "web-tls");
    const count = stage.events.length;
    await change(stage);
    await stage.settled();
    assert.match(await stage.condition("web", "Ready"), /^True/);
    assert.notEqual(await serialOf(stage, "web-tls"), serial);
    assert.ok(
      stage.events.slice(count).some((one) => event.test(one)),
      stage.events.slice(count).join("\n"),
    );
  });
}

test("labels, other forms and keystores are put into the Secret without a new certificate", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  const serial = await serialOf(stage, "web-tls");
  await stage.changeSpec("web", {
    secretTemplate: { labels: { team: "a" }, annotations: { note: "b" } },
    additionalOutputFormats: [{ type: "DER" }, { type: "CombinedPEM" }],
    keystores: { pkcs12: { create: true, profile: "Modern2023", password: "changeit" } },
    renewBefore: "1h",
  });
  await stage.settled();
  const secret = await stage.secret("web-tls");
  assert.equal(await serialOf(stage, "web-tls"), serial);
  assert.equal(secret?.metadata.labels["team"], "a");
  assert.deepEqual(Object.keys(secret.body["data"] as JsonObject).sort(), [
    ...["ca.crt", "key.der", "keystore.p12", "tls-combined.pem", "tls.crt", "tls.key"],
    "truststore.p12",
  ]);
  await stage.changeSpec("web", { secretTemplate: {}, additionalOutputFormats: [] });
  await stage.settled();
  const later = await stage.secret("web-tls");
  assert.equal(later?.metadata.labels["team"], undefined);
  assert.ok(later, "the Secret is there");
  assert.equal((later.body["data"] as JsonObject)["key.der"], undefined);
});

test("an issuer that is not there yet is waited for, and says when it is", async (context) => {
  const stage = await certificateStage(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^False DoesNotExist/);
  assert.match(await stage.condition("web", "Issuing"), /^True DoesNotExist/);
  await stage.create("Issuer", "ca", { ca: { secretName: "root" } });
  await stage.settled();
  assert.match(await stage.condition("ca", "Ready"), /^False ErrGetKeyPair/);
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "a root", isCA: true, privateKey: quickKey },
    issuerRef: { name: "self" },
  });
  await stage.settled();
  assert.match(await stage.condition("ca", "Ready"), /^True KeyPairVerified Signing CA verified/);
  assert.match(await stage.condition("web", "Ready"), /^True/);
});

test("a ClusterIssuer uses Secrets of the cluster resource namespace only", async (context) => {
  const stage = await authority(context);
  await stage.create("ClusterIssuer", "all", { ca: { secretName: "root" } });
  await stage.settled();
  assert.match(await stage.condition("all", "Ready"), /^False ErrGetKeyPair .*cert-manager.root/);
  const { body } = (await stage.secret("root")) as KubeObject;
  await stage.store.create({
    ...{ apiVersion: "v1", kind: "Secret", body },
    metadata: { name: "root", namespace: "cert-manager" },
  });
  await stage.settled();
  assert.match(await stage.condition("all", "Ready"), /^True KeyPairVerified/);
});

test("of two Certificates into one Secret the older one issues", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  const serial = await serialOf(stage, "web-tls");
  await stage.create("Certificate", "another", { ...web, dnsNames: ["other.example.com"] });
  await stage.pass({ minutes: 10 });
  assert.equal(await serialOf(stage, "web-tls"), serial);
  assert.match(await stage.condition("another", "Ready"), /^False IncorrectCertificate/);
});

test("a temporary certificate serves, and is not ready, until the real one is there", async (context) => {
  const stage = await certificateStage(context);
  await stage.create("Certificate", "web", web, {
    annotations: { "cert-manager.io/issue-temporary-certificate": "true" },
  });
  await stage.settled();
  const temporary = new X509Certificate(textOf(await stage.secret("web-tls"), "tls.crt"));
  assert.equal(temporary.issuer, "CN=cert-manager.local");
  assert.equal(temporary.subjectAltName, "DNS:web.example.com");
  assert.match(await stage.condition("web", "Ready"), /^False TemporaryCertificate/);
});

test("a spec that cannot be is said to be wrong, and nothing is issued", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", { ...web, duration: "1m" });
  await stage.settled();
  assert.match(await stage.condition("web", "Ready"), /^False InvalidSpec .*greater than 1h0m0s/);
  await stage.create("Certificate", "odd", { ...web, secretName: "odd", dnsNames: ["a b"] });
  await stage.settled();
  assert.match(await stage.condition("odd", "Issuing"), /^False RequestFailed .*"a b"/);
  await stage.changeSpec("odd", { dnsNames: ["a.example.com"] });
  await stage.settled();
  assert.match(await stage.condition("odd", "Ready"), /^True/);
});

test("metrics say how certificates and issuers stand, and nothing of what is gone", async (context) => {
  const stage = await authority(context);
  await stage.create("Certificate", "web", web);
  await stage.settled();
  const labels =
    'name="web",namespace="default",issuer_name="ca",issuer_kind="Issuer",issuer_group="cert-manager.io"';
  const ofWeb = async (name: string): Promise<readonly string[]> =>
    (await stage.metric(`certmanager_certificate_${name}`)).filter((line) =>
      line.includes('"web"'),
    );
  assert.deepEqual(await ofWeb("ready_status"), [
    `certmanager_certificate_ready_status{${labels},condition="True"} 1`,
    `certmanager_certificate_ready_status{${labels},condition="False"} 0`,
    `certmanager_certificate_ready_status{${labels},condition="Unknown"} 0`,
  ]);
  const { notAfter } = await statusOf(stage, "web");
  const end = Temporal.Instant.from(String(notAfter)).epochMilliseconds / 1000;
  assert.deepEqual(await ofWeb("expiration_timestamp_seconds"), [
    `certmanager_certificate_expiration_timestamp_seconds{${labels}} ${end}`,
  ]);
  for (const controller of ["certificates", "certificaterequests", "issuers"])
    assert.equal(
      (await stage.metric(`certmanager_controller_sync_call_count{controller="${controller}"`))
        .length,
      1,
      controller,
    );
  const clock = ["certmanager_clock_time_seconds", "certmanager_clock_time_seconds_gauge"];
  for (const name of clock) {
    const now = Math.floor(stage.clock.now().epochMilliseconds / 1000);
    assert.deepEqual(await stage.metric(name), [`${name} ${now}`]);
  }
  const issuers = await stage.metric("certmanager_issuer_ready_status");
  assert.ok(issuers.some((line) => line.endsWith('condition="True"} 1')));
  const key = { kind: "Certificate.cert-manager.io", namespace: "default", name: "web" };
  await stage.store.remove(key);
  await stage.settled();
  assert.deepEqual(await ofWeb("ready_status"), []);
});
