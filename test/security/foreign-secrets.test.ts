/** Secrets of a namespace are read by what is in that namespace: a name, or a field beside it, leads to no other. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { issuerAccess } from "#certificates/acme/accounts/acme-access.ts";
import { createAcme } from "#certificates/acme/acme.ts";
import type { AcmeDeps } from "#certificates/acme/acme-deps.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { createAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import {
  type CertificateStage,
  certificateStage,
  quickKey,
} from "#test/fakes/certificates/certificate-stage.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";

const { signal } = new AbortController();

/** The store, and from where Secrets are read of it. */
function watched(store: ObjectStore): { readonly store: ObjectStore; readonly read: Set<string> } {
  const read = new Set<string>();
  const get: ObjectStore["get"] = (key) => {
    if (key.kind === secretKind.id) read.add(key.namespace);
    return store.get(key);
  };
  return { store: { ...store, get }, read };
}

async function putSecret(
  store: ObjectStore,
  namespace: string,
  name: string,
  stringData: JsonObject,
): Promise<void> {
  await store.create({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } },
    body: { stringData },
  });
}

async function putIssuer(
  store: ObjectStore,
  kind: "Issuer" | "ClusterIssuer",
  name: string,
  spec: JsonObject,
): Promise<KubeObject> {
  const namespace = kind === "Issuer" ? "shop" : "";
  return await store.create({
    ...{ apiVersion: "cert-manager.io/v1", kind, body: { spec } },
    metadata: { name, namespace },
  });
}

/** As cert-manager has no such field, somebody who writes it hopes. */
const elsewhere = { namespace: "victim" };

const homes = [
  ["Issuer", "shop"],
  ["ClusterIssuer", "cert-manager"],
] as const;

for (const [kind, home] of homes) {
  test(`an ACME account of a ${kind}, and what binds it to another one, are read in ${home} alone`, async (context) => {
    const { store, read } = watched(await temporaryStore(context));
    const clock = createManualClock();
    const server = createAcmeServer(clock);
    for (const name of ["account", "binding"])
      await putSecret(store, "victim", name, { "tls.key": "stolen", key: "c3RvbGVu" });
    const acme = createAcme({ ...depsOver(store, server.door), clock, solvers: [] });
    const verdictOn = async (name: string, more: JsonObject): Promise<string> => {
      const keySecretRef = { name: "binding", key: "key", ...more };
      const issuer = await putIssuer(store, kind, name, {
        acme: {
          server: server.directory,
          externalAccountBinding: { keyID: "us", keySecretRef },
          privateKeySecretRef: { name: "account", ...more },
        },
      });
      return (await acme.verify(issuer, signal)).message;
    };
    assert.match(await verdictOn("hopes", elsewhere), /SecretRef\.namespace is not a field/);
    assert.match(await verdictOn("plain", {}), new RegExp(`secret: ${home}/binding has no key$`));
    assert.deepEqual([...read], [home]);
  });

  test(`a DNS provider of a ${kind} is given Secrets of ${home} alone`, async (context) => {
    const { store, read } = watched(await temporaryStore(context));
    await putSecret(store, "victim", "dns", { key: "stolen" });
    const issuer = await putIssuer(store, kind, "self", { selfSigned: {} });
    const { door } = createAcmeServer(createManualClock());
    const access = issuerAccess(depsOver(store, door), issuer);
    for (const name of ["dns", "victim/dns", "../victim/dns"])
      assert.equal(await access.secretOf({ name, key: "key", ...elsewhere }), undefined, name);
    assert.deepEqual([...read], [home]);
    assert.equal(access.credentialsNamespace, home);
    assert.equal(access.mayUseAmbient, kind === "ClusterIssuer");
    await putSecret(store, home, "dns", { key: "own" });
    const own = await access.secretOf({ name: "dns", key: "key" });
    assert.equal(Buffer.from(own?.reveal() ?? []).toString(), "own");
  });
}

const metrics = await createMetrics();

function depsOver(store: ObjectStore, door: AcmeDeps["door"]): AcmeDeps & { store: ObjectStore } {
  return {
    ...{ store, door, clock: createManualClock(), random: createSeededRandom(1), log: silentLog },
    ...{ userAgent: "test", clusterResourceNamespace: "cert-manager", metrics },
    tell: () => Promise.resolve(),
  };
}

/** With an authority and the Secret of a keystore's password in another namespace. */
async function stageBesideVictim(
  ...[context]: Parameters<typeof certificateStage>
): Promise<CertificateStage> {
  const stage = await certificateStage(context);
  await stage.create("Issuer", "self", { selfSigned: {} });
  await stage.create("Certificate", "root", {
    ...{ secretName: "root", commonName: "root", isCA: true, privateKey: quickKey },
    issuerRef: { name: "self" },
  });
  await stage.settled();
  const root = await stage.secret("root");
  assert.ok(root);
  await stage.store.create({
    ...{ apiVersion: "v1", kind: "Secret", body: root.body },
    metadata: { name: "stolen", namespace: "victim" },
  });
  await putSecret(stage.store, "victim", "password", { password: "changeit" });
  return stage;
}

test("the key of a CA issuer is not that of another namespace, however it is named", async (context) => {
  const stage = await stageBesideVictim(context);
  const names = ["stolen", "victim/stolen", "../victim/stolen", "victim%2Fstolen"];
  for (const [index, secretName] of names.entries()) {
    await stage.create("Issuer", `ca-${index}`, { ca: { secretName, ...elsewhere } });
    await stage.settled();
    const said = await stage.condition(`ca-${index}`, "Ready");
    assert.match(said, /^False ErrGetKeyPair .* default\//, secretName);
  }
});

test("the password of a keystore is not that of another namespace, and its want is told", async (context) => {
  const stage = await stageBesideVictim(context);
  const passwordSecretRef = { name: "password", key: "password", ...elsewhere };
  await stage.create("Certificate", "web", {
    ...{ secretName: "web", dnsNames: ["a.example.com"], privateKey: quickKey },
    ...{ issuerRef: { name: "self" }, keystores: { pkcs12: { create: true, passwordSecretRef } } },
  });
  await stage.settled();
  assert.equal(await stage.secret("web"), undefined);
  assert.ok(stage.events.some((event) => /Secret "password" has no password/.test(event)));
  await putSecret(stage.store, "default", "password", { password: "ours, and long enough" });
  await stage.pass({ minutes: 2 });
  assert.match(await stage.condition("web", "Ready"), /^True/);
});
