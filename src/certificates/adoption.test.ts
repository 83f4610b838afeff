import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import type { KubeObject } from "#kinds/object.ts";
import {
  beginIssuance,
  leaveCertificate,
  type WantedLeftovers,
} from "#test/fakes/cert-manager/left-certificate.ts";
import { manifestOf } from "#test/fakes/cert-manager/manifest.ts";
import { issuersOnStage } from "#test/fakes/certificates/certificate-issuers.ts";
import type { CertificateStage } from "#test/fakes/certificates/certificate-stage.ts";
import { noOpenssl, opensslKeystore } from "#test/fakes/certificates/openssl.ts";
import { type CertManagerVersion, whyReissue } from "#test/simulators/cert-manager/triggers.ts";

const versions = ["1.9", "1.21"] as const satisfies readonly CertManagerVersion[];

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ecdsa = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const plain = { secretName: "web-tls", issuerRef: { name: "ca" }, dnsNames: ["web.example.com"] };
const quick = { ...plain, privateKey: { algorithm: "ECDSA" } } as const;

/** What people run. */
const specs: Readonly<Record<string, CertificateSpec>> = {
  "with nothing but its name, so that all is by default": plain,
  "as Ingress annotations make it": {
    ...quick,
    issuerRef: { name: "ca", kind: "Issuer", group: "cert-manager.io" },
    usages: ["digital signature", "key encipherment"],
  },
  "with a subject, addresses and a duration": {
    ...quick,
    commonName: "web.example.com",
    subject: { organizations: ["Other", "Acme, Inc."], countries: ["DE"] },
    ipAddresses: ["10.0.0.7", "2001:db8::7"],
    uris: ["spiffe://example.com/web"],
    emailAddresses: ["web@example.com"],
    duration: "2160h0m0s",
    renewBefore: "360h0m0s",
    usages: ["server auth", "client auth"],
  },
  "with a key by PKCS #8 that stays": {
    ...quick,
    privateKey: { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Never" },
  },
};

interface Adopted {
  readonly stage: CertificateStage;
  readonly before: KubeObject;
  readonly key: KeyObject;
  /** What was told since. */
  readonly told: () => readonly string[];
}

/** Objects of cert-manager's, and then ours start. */
async function adopt(
  context: TestContext,
  version: CertManagerVersion,
  more: Partial<WantedLeftovers> & { readonly spec: CertificateSpec },
  meanwhile: (stage: CertificateStage) => Promise<void> = async () => undefined,
): Promise<Adopted> {
  const { stage } = await issuersOnStage.ca(context);
  await stage.stop();
  const root = await stage.secret("root");
  const key = more.key ?? (more.spec.privateKey === undefined ? rsa : ecdsa());
  await leaveCertificate(stage.store, version, {
    name: "web",
    key,
    issuedAt: stage.clock.now().subtract({ hours: 24 * 10 }),
    authority: {
      certificate: fileOf(root, "tls.crt"),
      key: createPrivateKey(fileOf(root, "tls.key")),
    },
    ...more,
  });
  await meanwhile(stage);
  const before = await stage.secret("web-tls");
  assert.ok(before);
  const { length } = stage.events;
  await stage.start();
  await stage.settled();
  return { stage, before, key, told: () => stage.events.slice(length) };
}

function fileOf(secret: KubeObject | undefined, name: string): string {
  const data = secret?.body["data"] as JsonObject | undefined;
  return Buffer.from(String(data?.[name] ?? ""), "base64").toString();
}

/** What cert-manager would do if it came back now. */
async function reissued(
  stage: CertificateStage,
  version: CertManagerVersion,
): Promise<string | undefined> {
  const [certificate, secret] = [await stage.certificate("web"), await stage.secret("web-tls")];
  assert.ok(certificate);
  return whyReissue(version, {
    certificate: manifestOf(certificate),
    secret: secret === undefined ? undefined : manifestOf(secret),
    requests: (await stage.requests()).map(manifestOf),
    nowMs: stage.clock.now().epochMilliseconds,
  });
}

async function assertKept({ stage, before, told }: Adopted): Promise<void> {
  assert.match(await stage.condition("web", "Ready"), /^True Ready/);
  assert.equal(await stage.condition("web", "Issuing"), "");
  const after = await stage.secret("web-tls");
  assert.deepEqual(after?.body, before.body);
  assert.deepEqual(after.metadata.annotations, before.metadata.annotations);
  assert.deepEqual(await stage.secrets(), ["root", "web-tls"]);
  assert.deepEqual(told(), []);
}

for (const version of versions) {
  for (const [what, spec] of Object.entries(specs)) {
    test(`a certificate of cert-manager ${version} is taken over as it is, and given back: ${what}`, async (context) => {
      const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", team: "a" };
      const adopted = await adopt(context, version, { spec, annotations, revision: 3 });
      const { stage, before } = adopted;
      const names = (await stage.requests()).map(({ metadata }) => metadata.name);
      await stage.pass({ hours: 24 });
      if (version === "1.9") await assertDetailed(adopted);
      else {
        await assertKept(adopted);
        const after = await stage.secret("web-tls");
        assert.equal(after?.metadata.resourceVersion, before.metadata.resourceVersion);
      }
      const later = (await stage.requests()).map(({ metadata }) => metadata.name);
      assert.deepEqual(later, names);
      for (const other of versions) assert.equal(await reissued(stage, other), undefined, other);
    });
  }

  test(`what we issue ourselves behind cert-manager ${version} it takes back as it is`, async (context) => {
    const spec = specs["with a subject, addresses and a duration"] ?? quick;
    const { stage, key } = await adopt(context, version, { spec });
    await stage.pass({ hours: 24 * 66 });
    const secret = await stage.secret("web-tls");
    assert.equal((await stage.requests()).at(-1)?.metadata.name, "web-2");
    assert.ok(!createPrivateKey(fileOf(secret, "tls.key")).equals(key), "a new key");
    for (const other of versions) assert.equal(await reissued(stage, other), undefined, other);
  });
}

/** The one thing that a later cert-manager would do as well: the label, and details that 1.9 did not write. */
async function assertDetailed({ stage, before, told }: Adopted): Promise<void> {
  assert.deepEqual(told(), []);
  const after = await stage.secret("web-tls");
  assert.match(await stage.condition("web", "Ready"), /^True Ready/);
  assert.deepEqual(after?.body, before.body);
  const fresh = Object.keys(after.metadata.annotations).filter(
    (key) => before.metadata.annotations[key] === undefined,
  );
  for (const key of fresh) assert.match(key, /^cert-manager\.io\/(email-sans|subject-[a-z]+)$/);
  assert.deepEqual(after.metadata.labels, { "controller.cert-manager.io/fao": "true" });
}

test("a certificate is kept whose request is gone, as after an uninstallation", async (context) => {
  const spec = specs["with a subject, addresses and a duration"] ?? quick;
  const adopted = await adopt(context, "1.21", { spec }, async ({ store, requests }) => {
    for (const { metadata } of await requests())
      if (metadata.name === "web-1")
        await store.remove({ kind: request, namespace: "default", name: "web-1" });
  });
  await assertKept(adopted);
  for (const version of versions) assert.equal(await reissued(adopted.stage, version), undefined);
});

const request = "CertificateRequest.cert-manager.io";

test("of a Secret with a template only that is noted what came of it, so that it can go again", async (context) => {
  const secretTemplate = { labels: { team: "a" }, annotations: { note: "b" } };
  const { stage, before, told } = await adopt(context, "1.21", {
    spec: { ...quick, secretTemplate },
  });
  const after = await stage.secret("web-tls");
  assert.deepEqual([after?.body, after?.metadata.labels], [before.body, before.metadata.labels]);
  const { "sekisho.dev/of-secret-template": noted, ...others } = after?.metadata.annotations ?? {};
  assert.deepEqual(others, before.metadata.annotations);
  assert.equal(noted, JSON.stringify({ labels: ["team"], annotations: ["note"] }));
  assert.deepEqual(told(), []);
});

test("a keystore that another library wrote stays while it opens", {
  skip: noOpenssl,
}, async (context) => {
  const key = ecdsa();
  const keystore = opensslKeystore(key, "changeit");
  const pkcs12 = { create: true, profile: "Modern2023", password: "changeit" } as const;
  const files = { "keystore.p12": keystore, "truststore.p12": keystore };
  const spec = { ...quick, keystores: { pkcs12 } };
  const adopted = await adopt(context, "1.21", { spec, key, files });
  await assertKept(adopted);
  const { stage } = adopted;
  await stage.changeSpec("web", { keystores: { pkcs12: { ...pkcs12, password: "other" } } });
  await stage.settled();
  const after = await stage.secret("web-tls");
  assert.notEqual(fileOf(after, "keystore.p12"), fileOf(adopted.before, "keystore.p12"));
  assert.equal(fileOf(after, "tls.crt"), fileOf(adopted.before, "tls.crt"));
});

/** A change → whether cert-manager issues anew for it. */
const changes: Readonly<Record<string, readonly [JsonObject, boolean]>> = {
  "another name": [{ dnsNames: ["other.example.com"] }, true],
  "a common name": [{ commonName: "web.example.com" }, true],
  "an address": [{ ipAddresses: ["10.0.0.7"] }, true],
  "a larger key": [{ privateKey: { algorithm: "ECDSA", size: 384 } }, true],
  "another issuer": [{ issuerRef: { name: "issuer" } }, true],
  "an authority": [{ isCA: true }, true],
  "other usages": [{ usages: ["server auth"] }, true],
  "the issuer with its kind and group": [
    { issuerRef: { name: "ca", kind: "Issuer", group: "cert-manager.io" } },
    false,
  ],
  "a duration where there was none": [{ duration: "720h" }, false],
  "a limit of history, a rotation policy": [
    { revisionHistoryLimit: 3, privateKey: { algorithm: "ECDSA", rotationPolicy: "Never" } },
    false,
  ],
};

for (const [what, [change, isAnew]] of Object.entries(changes)) {
  test(`after ${what} a certificate of cert-manager's is ${isAnew ? "issued anew" : "kept"}, as by cert-manager`, async (context) => {
    const { stage, told } = await adopt(context, "1.21", { spec: quick }, async (at) => {
      await at.changeSpec("web", change);
      const why = await reissued(at, "1.21");
      assert.equal(why !== undefined, isAnew, `cert-manager: ${why}`);
    });
    assert.equal(
      told().some((one) => one.startsWith("Requested")),
      isAnew,
    );
    for (const version of versions) assert.equal(await reissued(stage, version), undefined);
  });
}

const handMade: Readonly<Record<string, readonly ["Issuer" | "ClusterIssuer", boolean]>> = {
  "is kept where the issuer is one of its namespace": ["Issuer", true],
  "is issued anew where a ClusterIssuer is asked for": ["ClusterIssuer", false],
};

for (const [what, [kind, isKept]] of Object.entries(handMade)) {
  test(`a Secret that a person made ${what}, as by cert-manager 1.21`, async (context) => {
    const spec = { ...quick, issuerRef: { name: "ca", kind } };
    const adopted = await adopt(context, "1.21", { spec }, async (stage) => {
      const secret = await stage.secret("web-tls");
      assert.ok(secret);
      const { name, namespace } = secret.metadata;
      await stage.store.replace(
        { kind: "Secret", namespace, name },
        { ...secret, metadata: { name, namespace } },
        secret.metadata.resourceVersion,
      );
      assert.equal(await reissued(stage, "1.21"), isKept ? undefined : "IncorrectIssuer");
    });
    const after = await adopted.stage.secret("web-tls");
    assert.deepEqual(after?.body, adopted.before.body);
    assert.equal(after.metadata.annotations["cert-manager.io/issuer-name"], undefined);
    const condition = await adopted.stage.condition("web", "Issuing");
    assert.match(condition, isKept ? /^$/ : /^True IncorrectIssuer/);
  });
}

for (const version of versions) {
  test(`an issuance that cert-manager ${version} had begun goes on with its key and its request`, async (context) => {
    const key = ecdsa();
    const { stage, told } = await adopt(context, version, { spec: quick }, (at) =>
      beginIssuance(at.store, version, { spec: quick, key }),
    );
    const secret = await stage.secret("web-tls");
    assert.ok(createPrivateKey(fileOf(secret, "tls.key")).equals(key), "the key that it had made");
    assert.match(await stage.condition("web", "Ready"), /^True/);
    assert.deepEqual(await stage.secrets(), ["root", "web-tls"]);
    assert.deepEqual(
      (await stage.requests()).map(({ metadata }) => metadata.name),
      ["root-1", version === "1.9" ? "web-m3v9d" : "web-2"],
    );
    assert.deepEqual(
      told().filter((one) => /^(Generated|Requested|Deleted)/.test(one)),
      [],
    );
  });
}
