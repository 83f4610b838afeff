/**
 * Certificates that cert-manager left in a cluster: looked at, taken over when it lets go of its lease, and given back. What
 * it left is as it writes it; where its own controller is given (`CERT_MANAGER=PROGRAM`), that writes and judges it, too.
 */

import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { until } from "#test/bench/measure/waiting.ts";
import { leaveCertificate } from "#test/fakes/cert-manager/left-certificate.ts";
import { manifestOf } from "#test/fakes/cert-manager/manifest.ts";
import { type CertManagerVersion, whyReissue } from "#test/simulators/cert-manager/triggers.ts";
import { runCommand, table } from "#test/system/harness/commands.ts";
import { repository } from "#test/system/harness/program.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { skipWithoutLab } from "./build/requirements.ts";
import { type LabCluster, startLabCluster } from "./cluster-harness.ts";
import { type SpokenProgram, startSpoken } from "./spoken-program.ts";

const skip = await skipWithoutLab();
const certManager = process.env["CERT_MANAGER"];
const longest = "--timeout=60s";
const versions = ["1.9", "1.21"] as const satisfies readonly CertManagerVersion[];
const holder = "cert-manager-7d9f8c-x2k4q-external-cert-manager-controller";

/** By cert-manager's own defaults: a minute without a word of it are not over before the test is. */
const lease = {
  ...{ apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
  metadata: { name: "cert-manager-controller", namespace: "kube-system" },
  spec: { holderIdentity: holder, leaseDurationSeconds: 60, leaseTransitions: 1 },
};

/** What stays of cert-manager's webhook when its Deployment and its Service are gone. */
const webhook = {
  ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration" },
  metadata: { name: "cert-manager-webhook" },
  webhooks: [
    {
      name: "webhook.cert-manager.io",
      ...{ failurePolicy: "Fail", sideEffects: "None", admissionReviewVersions: ["v1"] },
      rules: [
        {
          ...{ apiGroups: ["cert-manager.io", "acme.cert-manager.io"], apiVersions: ["v1"] },
          ...{ operations: ["CREATE", "UPDATE"], resources: ["*/*"] },
        },
      ],
      clientConfig: {
        service: { name: "cert-manager-webhook", namespace: "cert-manager", path: "/validate" },
      },
    },
  ],
};

const certificate = (name: string): JsonObject => ({
  ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name } },
  spec: {
    ...{ secretName: `${name}-tls`, dnsNames: [`${name}.example.com`] },
    ...{ issuerRef: { name: "ca" }, privateKey: { algorithm: "ECDSA" } },
  },
});

const authority = [
  {
    ...{ apiVersion: "cert-manager.io/v1", kind: "Issuer", metadata: { name: "self" } },
    spec: { selfSigned: {} },
  },
  {
    ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name: "root" } },
    spec: {
      ...{ secretName: "root", commonName: "root", isCA: true, duration: "87600h" },
      ...{ issuerRef: { name: "self" }, privateKey: { algorithm: "ECDSA" } },
    },
  },
  {
    ...{ apiVersion: "cert-manager.io/v1", kind: "Issuer", metadata: { name: "ca" } },
    spec: { ca: { secretName: "root" } },
  },
];

/** Paths of fields, with what conditions say. */
function fieldsIn(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => fieldsIn(one, `${path}[]`)).sort();
  if (typeof value !== "object" || value === null) return [path];
  const { type, reason, message } = value as Readonly<Record<string, unknown>>;
  if (reason !== undefined) return [[path, type, reason, message].join(" ")];
  return Object.entries(value)
    .flatMap(([name, one]) => fieldsIn(one, `${path}.${name}`))
    .sort();
}

describe("certificates that cert-manager left in a cluster", { skip }, () => {
  const undo = new AsyncDisposableStack();
  let cluster: LabCluster;
  let store: KubernetesStore;
  const kubectl = (args: readonly string[], input?: string): Promise<string> =>
    cluster.lab.kubectl(args, input);
  const apply = (...objects: readonly object[]): Promise<string> =>
    kubectl(["apply", "-f", "-"], objects.map((one) => JSON.stringify(one)).join("\n---\n"));
  const untilReady = (name: string): Promise<string> =>
    kubectl(["wait", "--for=condition=Ready", `certificate/${name}`, longest]);

  before(async () => {
    cluster = undo.use(await startLabCluster());
    store = cluster.store();
    await kubectl(["apply", "--server-side", "-f", join(repository, "deploy/crds")]);
    await kubectl(["apply", "-f", join(repository, "deploy/1-system.yaml")]);
  });
  after(() => undo.disposeAsync());

  /** A replica that may do everything: what it takes is another test's to say. */
  async function startReplica(): Promise<SpokenProgram> {
    const { xds, pages } = await freePorts("xds", "pages");
    const where = ["--xds", `127.0.0.1:${xds}`, "--pages", `127.0.0.1:${pages}`] as const;
    const replica = undo.use(
      await startSpoken([
        join(repository, "sekisho"),
        ...["controller", "--certificates", "own"],
        ...["--kubeconfig", cluster.lab.kubeconfig, "--identity", "a", ...where],
      ]),
    );
    await replica.says("the cluster is served");
    return replica;
  }

  const check = async (): Promise<{ readonly code: number; readonly out: string }> =>
    await runCommand([
      ...["migrate", "cert-manager", "--check"],
      ...["--kubeconfig", cluster.lab.kubeconfig],
    ]);

  async function found(kind: string): Promise<readonly KubeObject[]> {
    return (await store.list(kind, "default")).items;
  }

  const secret = async (name: string): Promise<KubeObject> => {
    const object = await store.get({ kind: "Secret", namespace: "default", name });
    assert.ok(object, name);
    return object;
  };

  /** What cert-manager would do about each Certificate if it came back. */
  async function whyAnew(version: CertManagerVersion): Promise<Readonly<Record<string, string>>> {
    const requests = (await found("CertificateRequest.cert-manager.io")).map(manifestOf);
    const reasons: Record<string, string> = {};
    for (const object of await found("Certificate.cert-manager.io")) {
      const { secretName } = object.body["spec"] as { readonly secretName: string };
      const why = whyReissue(version, {
        ...{ certificate: manifestOf(object), requests },
        secret: manifestOf(await secret(secretName)),
        nowMs: Temporal.Now.instant().epochMilliseconds,
      });
      if (why !== undefined) reasons[object.metadata.name] = why;
    }
    return reasons;
  }

  /** What there is of a Certificate's objects, whatever it is in them. */
  async function shapeOf(name: string): Promise<unknown> {
    const of = async (kind: string, one: string): Promise<KubeObject> => {
      const object = await store.get({ kind, namespace: "default", name: one });
      assert.ok(object, one);
      return object;
    };
    const shape = ({ metadata, body, status }: KubeObject): unknown => ({
      ...{ labels: metadata.labels, annotations: Object.keys(metadata.annotations).sort() },
      owners: metadata.ownerReferences.map(({ kind, controller }) => ({ kind, controller })),
      // Who asked is written by cert-manager's webhook, which is not here.
      body: fieldsIn(body).filter((path) => !/^\.spec\.(?:groups|uid|username)/.test(path)),
      status: fieldsIn(status),
    });
    return [
      shape(await of("Certificate.cert-manager.io", name)),
      shape(await of("CertificateRequest.cert-manager.io", `${name}-1`)),
      shape(await of("Secret", `${name}-tls`)),
    ];
  }

  /** Issued by what issues now, ten days ago. */
  async function leaveRecorded(): Promise<void> {
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const root = (await secret("root")).body["data"] as Readonly<Record<string, string>>;
    const pem = (file: string): string => Buffer.from(root[file] ?? "", "base64").toString();
    for (const version of versions) {
      const name = `of-${version.replace(".", "-")}`;
      await leaveCertificate(store, version, {
        ...{ name, key, issuedAt: Temporal.Now.instant().round("second").subtract({ hours: 240 }) },
        spec: {
          ...{ secretName: `${name}-tls`, dnsNames: [`${name}.example.com`] },
          ...{ issuerRef: { name: "ca" }, privateKey: { algorithm: "ECDSA" } },
        },
        authority: { certificate: pem("tls.crt"), key: createPrivateKey(pem("tls.key")) },
      });
    }
  }

  it("are taken over when cert-manager lets go of its lease, and nothing of them changes", async () => {
    await apply(lease);
    const replica = await startReplica();
    await apply(...authority);
    await kubectl(["wait", "--for=create", "certificate/root", longest]);
    assert.deepEqual(await found("CertificateRequest.cert-manager.io"), [], "it waits");
    await kubectl(["patch", ...leasePatch("")]);
    await replica.says("this replica issues certificates");
    await untilReady("root");
    await replica.stop();
    await leaveRecorded();
    const { code, out } = await check();
    assert.equal(code, 0, out);
    assert.deepEqual(
      table(out.split("\n\n")[0] ?? "").map((row) => [row["CERTIFICATE"], row["VERDICT"]]),
      ["of-1-21", "of-1-9", "root"].map((name) => [`default/${name}`, "kept"]),
    );
    const before = [await secret("of-1-9-tls"), await secret("of-1-21-tls")];
    const again = await startReplica();
    await again.says("this replica issues certificates");
    await apply(certificate("fresh"));
    await untilReady("fresh");
    const labelled = "--for=jsonpath={.metadata.labels.controller\\.cert-manager\\.io/fao}=true";
    await kubectl(["wait", "secret/of-1-9-tls", labelled, longest]);
    const later = [await secret("of-1-9-tls"), await secret("of-1-21-tls")];
    assert.deepEqual(
      later.map(({ body }) => body),
      before.map(({ body }) => body),
    );
    const versionOf = ([, one]: readonly KubeObject[]): string | undefined =>
      one?.metadata.resourceVersion;
    assert.equal(versionOf(later), versionOf(before));
    const names = (await found("CertificateRequest.cert-manager.io")).map(
      ({ metadata }) => metadata.name,
    );
    assert.deepEqual(names, ["fresh-1", "of-1-21-1", "of-1-9-x7k2p", "root-1"]);
    await again.stop();
  });

  it("are given back as they are: no version would issue anything anew, and the lease is free", async () => {
    const path = "-o=jsonpath={.spec.holderIdentity}";
    const [kind, name, where] = leasePatch("");
    assert.equal(await kubectl(["get", kind, name, where, path]), "");
    for (const version of versions) assert.deepEqual(await whyAnew(version), {}, version);
  });

  it("cannot be written while a webhook of cert-manager is asked that nobody answers: that is said", async () => {
    await apply(webhook);
    const { code, out } = await check();
    assert.equal(code, 1);
    assert.match(
      out,
      /error +webhooks +cert-manager-webhook asks Service cert-manager\/cert-manager-webhook/,
    );
    const replica = await startReplica();
    await replica.says("WebhookNotAnswered");
    await kubectl(["delete", "validatingwebhookconfiguration", "cert-manager-webhook"]);
    await apply(certificate("later"));
    await untilReady("later");
    await replica.stop();
  });

  const noProgram = certManager === undefined && "CERT_MANAGER names no program";
  it("of its own controller are taken over, and given back to it", {
    skip: noProgram,
  }, async () => {
    const start = async (): Promise<SpokenProgram> => {
      const program = undo.use(
        await startSpoken([
          certManager ?? "",
          ...["--kubeconfig", cluster.lab.kubeconfig],
          ...["--leader-election-namespace=kube-system", "--metrics-listen-address=127.0.0.1:0"],
        ]),
      );
      await program.says("acquired lease");
      return program;
    };
    const first = await start();
    await kubectl(["create", "-f", "-"], JSON.stringify(certificate("live")));
    await untilReady("live");
    await until(async () => !JSON.stringify(await shapeOf("live")).includes("nextPrivateKey"), {
      ...{ what: "the end of the next key", longestMs: 30_000, everyMs: 50 },
    });
    await first.stop();
    assert.deepEqual(await shapeOf("live"), await shapeOf("of-1-21"), "so it is recorded");
    const before = await secret("live-tls");
    const replica = await startReplica();
    await replica.says("this replica issues certificates");
    await apply(certificate("between"));
    await untilReady("between");
    await replica.stop();
    assert.equal(
      (await secret("live-tls")).metadata.resourceVersion,
      before.metadata.resourceVersion,
    );
    const names = async (): Promise<readonly string[]> =>
      (await found("CertificateRequest.cert-manager.io")).map(({ metadata }) => metadata.name);
    const asked = await names();
    const last = await start();
    await apply(certificate("last"));
    await untilReady("last");
    // It has looked at all others by then, and once more at each when something about them changes.
    await until(async () => (await names()).includes("last-1"), {
      ...{ what: "the request of the last one", longestMs: 30_000, everyMs: 50 },
    });
    await last.stop();
    assert.deepEqual(
      (await names()).filter((name) => name !== "last-1"),
      asked,
    );
    assert.deepEqual((await secret("live-tls")).body, before.body);
  });

  function leasePatch(holderIdentity: string): readonly [string, string, string, ...string[]] {
    const patch = JSON.stringify({ spec: { holderIdentity } });
    const { name, namespace } = lease.metadata;
    return ["lease", name, `--namespace=${namespace}`, "--type=merge", "-p", patch];
  }
});
