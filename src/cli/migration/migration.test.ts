import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { CertificateSpec } from "#kinds/cert-manager/certificate-spec.ts";
import {
  beginIssuance,
  leaveCertificate,
  type WantedLeftovers,
} from "#test/fakes/cert-manager/left-certificate.ts";
import { manifestOf } from "#test/fakes/cert-manager/manifest.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { judgeCertificates } from "./certificate-verdicts.ts";
import { type LeftBehind, leftBehind } from "./left-behind.ts";
import { checkSurroundings } from "./surroundings.ts";

const now = Temporal.Instant.from("2026-03-01T00:00:00Z");
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const root = selfSigned(["root"]);
const web: CertificateSpec = {
  ...{ secretName: "web-tls", dnsNames: ["web.example.com"], issuerRef: { name: "ca" } },
  privateKey: { algorithm: "ECDSA", rotationPolicy: "Always" },
};
const issuer = (spec: JsonObject): JsonObject => ({
  ...{ apiVersion: "cert-manager.io/v1", kind: "Issuer", spec },
  metadata: { name: "ca", namespace: "default" },
});

interface Leftovers extends Partial<Omit<WantedLeftovers, "name">> {
  readonly version?: "1.9" | "1.21";
  /** Spec of the issuer. Default: an authority in a Secret. */
  readonly issuer?: JsonObject;
  readonly more?: readonly JsonObject[];
  readonly without?: string;
  readonly isBegun?: true;
}

/** What kubectl would have written down of one Certificate and what goes with it. */
async function dump(context: TestContext, wanted: Leftovers): Promise<LeftBehind> {
  const store = await temporaryStore(context);
  const { version = "1.21", spec = web } = wanted;
  await leaveCertificate(store, version, {
    ...{ name: "web", spec, key, issuedAt: now.subtract({ hours: 24 * 10 }) },
    authority: { certificate: root.certificate, key: createPrivateKey(root.key) },
    ...wanted,
  });
  if (wanted.isBegun === true) await beginIssuance(store, version, { spec, key });
  const kinds = ["Certificate.cert-manager.io", "CertificateRequest.cert-manager.io", "Secret"];
  const lists = await Promise.all(kinds.map((kind) => store.list(kind)));
  const items = lists
    .flatMap((list) => list.items)
    .map((one) => ({ apiVersion: one.apiVersion, kind: one.kind, ...manifestOf(one) }))
    .filter(({ kind }) => kind !== wanted.without);
  const whole = JSON.parse(JSON.stringify({ apiVersion: "v1", kind: "List", items })) as JsonObject;
  const given = issuer(wanted.issuer ?? { ca: { secretName: "root" } });
  return leftBehind([whole, given, ...(wanted.more ?? [])], () => wanted.without === "Secret");
}

const acme = (solver: JsonObject): JsonObject => ({
  acme: {
    ...{ server: "https://acme.test/directory", privateKeySecretRef: { name: "account" } },
    solvers: [solver],
  },
});

const verdicts: Readonly<Record<string, readonly [Leftovers, string, RegExp]>> = {
  "one that is in order is kept": [{}, "kept", /^it is renewed on 2026-04-20T/],
  "one whose request is gone is kept": [
    { without: "CertificateRequest" },
    "kept",
    /^it is renewed/,
  ],
  "one of 1.9 is kept": [{ version: "1.9" }, "kept", /^it is renewed/],
  "one of an issuer that signs elsewhere is kept": [
    {
      spec: { ...web, issuerRef: { name: "x", kind: "StepIssuer", group: "certmanager.step.sm" } },
    },
    ...(["kept", /^it is renewed/] as const),
  ],
  "one that is being issued goes on": [{ isBegun: true }, "goes on", /^it is being issued/],
  "one that is due is renewed, as cert-manager would": [
    { issuedAt: now.subtract({ hours: 24 * 70 }) },
    ...(["issued anew", /^Renewing: /] as const),
  ],
  "one whose Secret could not be read may be anything": [
    { without: "Secret" },
    ...(["unknown", /^its Secret web-tls could not be read/] as const),
  ],
  "one with a keystore of Java's own form is not supported": [
    { spec: { ...web, keystores: { jks: { create: true, password: "changeit" } } } },
    ...(["not supported", /^keystores\.jks/] as const),
  ],
  "one that Vault signs is not supported": [
    { issuer: { vault: { server: "https://vault", path: "pki/sign/web" } } },
    ...(["not supported", /^Issuer ca: nobody here signs by vault/] as const),
  ],
  "one whose DNS provider is not served is not supported": [
    { issuer: acme({ dns01: { digitalocean: { tokenSecretRef: { name: "t", key: "k" } } } }) },
    ...([
      "not supported",
      /^Issuer ca: the DNS provider digitalocean of web\.example\.com/,
    ] as const),
  ],
  "one whose solvers take other names is not supported": [
    { issuer: acme({ selector: { dnsZones: ["example.org"] }, http01: { ingress: {} } }) },
    ...(["not supported", /^Issuer ca: no solver takes web\.example\.com/] as const),
  ],
  "one that HTTP-01 shows is kept": [
    { issuer: acme({ http01: { ingress: {} } }) },
    ...(["kept", /^it is renewed/] as const),
  ],
};

for (const [what, [wanted, verdict, why]] of Object.entries(verdicts)) {
  test(`of certificates of cert-manager, ${what}`, async (context) => {
    const [found, ...others] = judgeCertificates(await dump(context, wanted), now);
    assert.equal(others.length, 0);
    assert.equal(found?.certificate, "default/web");
    assert.equal(found.verdict, verdict, found.why);
    assert.match(found.why, why);
  });
}

test("a definition that goes with its Helm release is told, and how to keep it", async (context) => {
  const definition = (name: string, policy: JsonObject): JsonObject => ({
    ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
    metadata: {
      name,
      annotations: {
        "meta.helm.sh/release-name": "cm",
        "meta.helm.sh/release-namespace": "cert-manager",
        ...policy,
      },
    },
    spec: { group: name.split(".").slice(1).join(".") },
  });
  const keep = { "helm.sh/resource-policy": "keep" };
  const more = [
    definition("orders.acme.cert-manager.io", {}),
    definition("certificates.cert-manager.io", {}),
    definition("issuers.cert-manager.io", keep),
    definition("widgets.example.com", {}),
  ];
  const [found, ...others] = checkSurroundings(await dump(context, { more }));
  assert.deepEqual(others, []);
  assert.equal(found?.level, "error");
  assert.match(
    found.text,
    /deletes the definitions orders\.acme\.cert-manager\.io, certificates\.cert-manager\.io, and/,
  );
  assert.match(found.advice ?? "", /crds\.keep=true.* -n cert-manager -l owner=helm,name=cm$/);
});

test("keys that an old cert-manager kept and a new one would not are told", async (context) => {
  const spec = { ...web, privateKey: { algorithm: "ECDSA" } } as const;
  const [found] = checkSurroundings(await dump(context, { version: "1.9", spec }));
  assert.match(found?.text ?? "", /^the next renewal brings a new key.*: default\/web$/);
  assert.deepEqual(checkSurroundings(await dump(context, { version: "1.21", spec })), []);
});

test("who holds the lease, and a webhook that nobody answers, are told", async (context) => {
  const lease = {
    ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
    ...{ metadata: { name: "cert-manager-controller" }, spec: { holderIdentity: "cm-0" } },
  };
  const service = { namespace: "cert-manager", name: "cert-manager-webhook" };
  const webhook = {
    ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration" },
    metadata: { name: "cert-manager-webhook" },
    webhooks: [{ rules: [{ apiGroups: ["cert-manager.io"] }], clientConfig: { service } }],
  };
  const slice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: {} };
  const left = await dump(context, { more: [lease, webhook, slice] });
  assert.deepEqual(
    checkSurroundings(left).map(({ level, about }) => [level, about]),
    [
      ["error", "webhooks"],
      ["ok", "lease"],
    ],
  );
});

test("an approver beside cert-manager's own is told: here nobody would ask it", async (context) => {
  const conditions = [{ type: "Approved", status: "True", reason: "policy.cert-manager.io" }];
  const request = {
    ...{ apiVersion: "cert-manager.io/v1", kind: "CertificateRequest", spec: {} },
    ...{ metadata: { name: "other", namespace: "shop" }, status: { conditions } },
  };
  const [found] = checkSurroundings(await dump(context, { more: [request] }));
  assert.deepEqual([found?.level, found?.about], ["error", "approval"]);
  assert.match(found?.text ?? "", /policy\.cert-manager\.io/);
});

test("an Ingress that an open Order has edited is told; one that belongs to a Challenge is not", async (context) => {
  const solver = {
    path: "/.well-known/acme-challenge/t",
    backend: { service: { name: "cm-acme-http-solver-x7" } },
  };
  const ingress = (name: string, owners: readonly JsonObject[]): JsonObject => ({
    ...{ apiVersion: "networking.k8s.io/v1", kind: "Ingress" },
    metadata: { name, namespace: "shop", ownerReferences: [...owners] },
    spec: { rules: [{ host: "web.example.com", http: { paths: [solver] } }] },
  });
  const more = [ingress("cm-acme-http-solver-1", [{ kind: "Challenge" }]), ingress("web", [])];
  const [found, ...others] = checkSurroundings(await dump(context, { more }));
  assert.deepEqual(others, []);
  assert.match(found?.text ?? "", /only cert-manager takes away again: shop\/web$/);
});
