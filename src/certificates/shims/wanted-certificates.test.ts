import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import type { Draft, ObjectStore } from "#store/object-store.ts";
import { StoreError } from "#store/object-store.ts";
import type { OwnedObjects } from "#store/owned-objects.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { ownedCertificates } from "./wanted-certificates.ts";

const key: ObjectKey = { kind: certificateKind.id, namespace: "default", name: "cafe-secret" };
const wish: WantedCertificate = {
  name: "cafe-secret",
  hosts: ["cert.example.com"],
  issuer: { name: "prod-issuer", kind: "ClusterIssuer" },
  usages: ["digital signature", "key encipherment"],
  meanwhile: "nothing",
  labels: { app: "cafe" },
};

function serverDraft(name: string): Draft {
  const metadata = { name, namespace: "default" };
  return { apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata, body: {} };
}

interface Stage {
  readonly store: ObjectStore;
  readonly server: KubeObject;
  readonly certificates: OwnedObjects<WantedCertificate>;
  /** The reasons of what was done. */
  readonly bring: (...wishes: readonly WantedCertificate[]) => Promise<readonly string[]>;
}

async function startStage(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const server = await store.create(serverDraft("cafe"));
  const certificates = ownedCertificates(store);
  const bring: Stage["bring"] = async (...wishes) =>
    (await certificates.bring(server, wishes)).map(({ reason }) => reason);
  return { store, server, certificates, bring };
}

test("a Certificate is made once, with the object's labels, and belongs to the object", async (context) => {
  const { store, server, certificates, bring } = await startStage(context);
  assert.deepEqual(await certificates.bring(server, [wish]), [
    {
      type: "Normal",
      reason: "CreateCertificate",
      message: 'Successfully created Certificate "cafe-secret"',
    },
  ]);
  assert.deepEqual(await bring(wish), []);
  const made = await store.get(key);
  assert.deepEqual(made?.body, {
    spec: {
      secretName: "cafe-secret",
      dnsNames: ["cert.example.com"],
      issuerRef: { name: "prod-issuer", kind: "ClusterIssuer" },
      usages: ["digital signature", "key encipherment"],
    },
  });
  assert.deepEqual(made.metadata.labels, { app: "cafe" });
  assert.deepEqual(made.metadata.annotations, {});
  const { uid } = server.metadata;
  assert.deepEqual(made.metadata.ownerReferences, [
    {
      apiVersion: "k8s.nginx.org/v1",
      kind: "VirtualServer",
      name: "cafe",
      uid,
      controller: true,
    },
  ]);
});

test("it follows what is wanted, and keeps what others have added", async (context) => {
  const { store, bring } = await startStage(context);
  await bring({ ...wish, commonName: "cert.example.com", meanwhile: "self-signed" });
  const made = await store.get(key);
  assert.ok(made);
  assert.equal(made.metadata.annotations["cert-manager.io/issue-temporary-certificate"], "true");
  const body = { spec: { ...(made.body["spec"] as object), revisionHistoryLimit: 2 } };
  await store.replace(key, { ...made, body }, made.metadata.resourceVersion);
  assert.deepEqual(await bring({ ...wish, duration: "2160h", renewBefore: "360h" }), [
    "UpdateCertificate",
  ]);
  const changed = await store.get(key);
  assert.deepEqual(changed?.metadata.annotations, {});
  const spec = changed?.body["spec"] as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    [spec["revisionHistoryLimit"], spec["commonName"], spec["duration"], spec["renewBefore"]],
    [2, undefined, "2160h", "360h"],
  );
});

test("annotations that are copied follow the object, and go when it has them no more", async (context) => {
  const { store, bring } = await startStage(context);
  const annotations = async (copied: Readonly<Record<string, string | null>>): Promise<object> => {
    await bring({ ...wish, copied });
    return (await store.get(key))?.metadata.annotations ?? {};
  };
  assert.deepEqual(await annotations({ team: "a", cost: null }), { team: "a" });
  assert.deepEqual(await annotations({ team: null, cost: "1" }), { cost: "1" });
});

test("a Certificate that is wanted no more goes, also one that an earlier run made", async (context) => {
  const { store, server, bring } = await startStage(context);
  await bring(wish);
  assert.deepEqual(await bring({ ...wish, name: "other" }), [
    "CreateCertificate",
    "DeleteCertificate",
  ]);
  assert.equal(await store.get(key), undefined);
  const later = ownedCertificates(store);
  const owner = "VirtualServer.k8s.nginx.org/default/cafe";
  assert.equal(await later.isIdle(owner, []), false);
  const [done] = await later.bring(server, []);
  assert.equal(done?.message, 'Successfully deleted unrequired Certificate "other"');
  assert.equal(await later.isIdle(owner, []), true);
});

test("a Certificate that does not belong to the object is left alone, and the owner is told", async (context) => {
  const { store, server, certificates } = await startStage(context);
  const metadata = { name: "cafe-secret", namespace: "default" };
  const theirs = await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata },
    body: { spec: { secretName: "theirs" } },
  });
  const [done] = await certificates.bring(server, [wish]);
  assert.equal(done?.reason, "BadConfig");
  assert.equal(done.type, "Warning");
  assert.deepEqual(await certificates.bring(server, []), []);
  assert.deepEqual(await store.get(key), theirs);
});

test("where the kind is not defined, the owner is told", async (context) => {
  const { store, server } = await startStage(context);
  const gone = async (): Promise<never> => {
    throw new StoreError("not-found", "no such kind");
  };
  const certificates = ownedCertificates({
    ...store,
    list: gone,
    get: async () => undefined,
    create: gone,
  });
  const [done, ...more] = await certificates.bring(server, [wish]);
  assert.deepEqual(more, []);
  assert.match(done?.message ?? "", /does not define that kind/);
});
