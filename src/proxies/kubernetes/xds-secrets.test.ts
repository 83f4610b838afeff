import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createCollectedLog } from "#test/fakes/runtime/collected-log.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { createUnsteadyStore } from "#test/fakes/unsteady-store.ts";
import { readSecret, secretKey, writeSecret } from "../stored-secret.ts";
import { proxySecretName } from "./proxy-secret.ts";
import { authoritySecretName, settleXdsSecrets } from "./xds-secrets.ts";

const namespace = "sekisho-system";
const start = Temporal.Instant.from("2026-01-01T00:00:00Z");
const authorityKey = secretKey(namespace, authoritySecretName);
const proxyKey = secretKey(namespace, proxySecretName);

test("from nothing both Secrets are made, and a second look changes nothing", async (context) => {
  const deps = { store: await temporaryStore(context), log: silentLog };
  const first = await settleXdsSecrets(deps, namespace, start);
  const before = [await deps.store.get(authorityKey), await deps.store.get(proxyKey)];
  const second = await settleXdsSecrets(deps, namespace, start.add({ hours: 1 }));
  assert.deepEqual([await deps.store.get(authorityKey), await deps.store.get(proxyKey)], before);
  assert.equal(second.authority.signing.certificate.pem, first.authority.signing.certificate.pem);
  assert.deepEqual(Object.keys(before[1]?.body["data"] ?? {}).sort(), [
    "ca.crt",
    "tls.crt",
    "tls.key",
  ]);
  // Two thirds of 24 h, and of the five minutes before.
  assert.equal(`${first.until}`, "2026-01-01T15:58:20Z");
});

test("of replicas that begin together one makes the root, and all use it", async (context) => {
  const store = await temporaryStore(context);
  const replicas = Array.from({ length: 5 }, () =>
    settleXdsSecrets({ store, log: silentLog }, namespace, start),
  );
  const roots = (await Promise.all(replicas)).map(
    ({ authority }) => authority.signing.certificate.pem,
  );
  assert.equal(new Set(roots).size, 1);
});

test("what another replica wrote in between is read, not overwritten", async (context) => {
  const store = createUnsteadyStore(await temporaryStore(context));
  const deps = { store, log: silentLog };
  await settleXdsSecrets(deps, namespace, start);
  const later = start.add({ hours: 365 * 24 - 100 });
  const settleAsOther = (): Promise<unknown> => settleXdsSecrets(deps, namespace, later);
  store.beforeNextWrite(settleAsOther);
  const { authority } = await settleXdsSecrets(deps, namespace, later);
  const stored = await readSecret(store, authorityKey);
  assert.equal(
    Buffer.from(stored?.value("next.crt") ?? []).toString(),
    authority.next?.certificate.pem,
  );
  assert.equal(stored?.object.metadata.generation, 3, "made, then added to, then published");
});

test("a Secret of the proxies that was deleted or damaged is made again", async (context) => {
  const store = await temporaryStore(context);
  const deps = { store, log: silentLog };
  const { authority } = await settleXdsSecrets(deps, namespace, start);
  const bundle = async (): Promise<string> =>
    Buffer.from((await readSecret(store, proxyKey))?.value("ca.crt") ?? []).toString();
  await store.remove(proxyKey);
  await settleXdsSecrets(deps, namespace, start);
  assert.equal(await bundle(), authority.signing.certificate.pem);
  const replaces = await readSecret(store, proxyKey);
  await writeSecret(store, {
    key: proxyKey,
    type: "kubernetes.io/tls",
    values: { "tls.crt": "x", "tls.key": "y", "ca.crt": "z" },
    replaces,
  });
  await settleXdsSecrets(deps, namespace, start);
  assert.equal(await bundle(), authority.signing.certificate.pem);
});

test("labels and annotations that others set stay", async (context) => {
  const store = await temporaryStore(context);
  const deps = { store, log: silentLog };
  await settleXdsSecrets(deps, namespace, start);
  const stored = await readSecret(store, proxyKey);
  assert.ok(stored, "it is there");
  const { apiVersion, kind, metadata, body } = stored.object;
  await store.replace(
    proxyKey,
    { apiVersion, kind, metadata: { ...metadata, labels: { team: "edge" } }, body },
    metadata.resourceVersion,
  );
  await settleXdsSecrets(deps, namespace, start.add({ hours: 16 }));
  const renewed = await readSecret(store, proxyKey);
  assert.deepEqual(renewed?.object.metadata.labels, { team: "edge" });
  assert.notDeepEqual(renewed?.value("tls.crt"), stored.value("tls.crt"));
});

test("an authority that cannot be read is named, never replaced", async (context) => {
  const store = await temporaryStore(context);
  const deps = { store, log: silentLog };
  await settleXdsSecrets(deps, namespace, start);
  const replaces = await readSecret(store, authorityKey);
  const values = Object.fromEntries(
    ["signing.crt", "signing.key"].map((name) => [name, replaces?.value(name) ?? ""]),
  );
  const wrongs = {
    "signing.crt": /signing.crt is no certificate that can be read; delete it/,
    "signing.key": /signing.key: no PEM private key that can be read; delete it/,
  };
  for (const [name, message] of Object.entries(wrongs)) {
    await writeSecret(store, {
      key: authorityKey,
      type: "Opaque",
      values: { ...values, [name]: "damaged" },
      replaces: await readSecret(store, authorityKey),
    });
    await assert.rejects(settleXdsSecrets(deps, namespace, start), { code: "unusable", message });
  }
});

test("no log line shows a key", async (context) => {
  const store = await temporaryStore(context);
  const log = createCollectedLog();
  await settleXdsSecrets({ store, log }, namespace, start);
  await settleXdsSecrets({ store, log }, namespace, start.add({ hours: 6000 }));
  assert.ok(log.lines.length > 3, "there are lines");
  assert.doesNotMatch(JSON.stringify(log.lines), /PRIVATE|KEY|BEGIN/);
});
