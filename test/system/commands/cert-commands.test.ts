import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { storeAnswers } from "#api/store-calls.ts";
import type { JsonObject } from "#base/json.ts";
import { findCondition } from "#kinds/condition.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { type Ended, runCommand } from "../harness/commands.ts";

interface Home {
  readonly store: EmbeddedStore;
  readonly directory: string;
  readonly sekisho: (...args: readonly string[]) => Promise<Ended>;
}

/** A store that answers commands, as that of a running gate. */
async function home(context: TestContext): Promise<Home> {
  const store = await temporaryStore(context);
  const directory = mkdtempSync(join(tmpdir(), "sekisho-cert-"));
  const answer = storeAnswers(store);
  const service = await createLocalSocket().serve(
    join(directory, "api.sock"),
    async ({ method, input, signal }) =>
      (await answer(method, input, signal)) ?? { kind: "value", value: null },
  );
  context.after(async () => {
    await service.close();
    rmSync(directory, { recursive: true });
  });
  return {
    ...{ store, directory },
    sekisho: (...args) => runCommand([...args, "--data", directory]),
  };
}

async function add(
  store: EmbeddedStore,
  kind: string,
  name: string,
  body: JsonObject,
): Promise<void> {
  await store.create({
    apiVersion: kind === "Secret" ? "v1" : "cert-manager.io/v1",
    kind,
    metadata: { name, namespace: "default", labels: { app: name } },
    body,
  });
}

const issuerRef = { name: "prod", kind: "ClusterIssuer" };

async function certificates(store: EmbeddedStore, ...names: readonly string[]): Promise<void> {
  for (const name of names)
    await add(store, "Certificate", name, {
      spec: { secretName: name, issuerRef, dnsNames: ["a.test"] },
    });
}

test("a certificate that is to be renewed is marked, as cert-manager's own tool does it", async (context) => {
  const { store, sekisho } = await home(context);
  await certificates(store, "one", "two", "three");
  assert.equal((await sekisho("cert", "renew")).code, 2);
  assert.equal((await sekisho("cert", "renew", "gone")).code, 1);
  const named = await sekisho("cert", "renew", "one");
  assert.equal(named.out, "Manually triggered issuance of Certificate default/one\n");
  const labelled = await sekisho("cert", "renew", "-l", "app=two");
  assert.equal(labelled.out, "Manually triggered issuance of Certificate default/two\n");
  const issuing = async (name: string): Promise<string | undefined> => {
    const key = { kind: "Certificate.cert-manager.io", namespace: "default", name };
    return findCondition((await store.get(key))?.status, "Issuing")?.reason;
  };
  assert.deepEqual(await Promise.all(["one", "two", "three"].map(issuing)), [
    "ManuallyTriggered",
    "ManuallyTriggered",
    undefined,
  ]);
});

test("a request is approved or denied once", async (context) => {
  const { store, sekisho } = await home(context);
  for (const name of ["one", "two"])
    await add(store, "CertificateRequest", name, { spec: { request: "", issuerRef } });
  assert.equal(
    (await sekisho("cert", "approve", "one")).out,
    "Approved CertificateRequest 'default/one'\n",
  );
  const denied = await sekisho(
    "cert",
    "deny",
    "two",
    "--reason",
    "Policy",
    "--message",
    "not ours",
  );
  assert.equal(denied.out, "Denied CertificateRequest 'default/two'\n");
  const again = await sekisho("cert", "deny", "one");
  assert.equal(again.code, 1);
  assert.match(again.err, /is Approved already/);
  const key = { kind: "CertificateRequest.cert-manager.io", namespace: "default", name: "two" };
  const { reason, message, status } = findCondition((await store.get(key))?.status, "Denied") ?? {};
  assert.deepEqual([status, reason, message], ["True", "Policy", "not ours"]);
});

test("how a certificate stands is shown with what to do, also by explain", async (context) => {
  const { store, sekisho } = await home(context);
  await certificates(store, "one");
  const { certificate, key } = selfSigned(["a.test"]);
  await add(store, "Secret", "one", {
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": certificate, "tls.key": key },
  });
  const shown = await sekisho("cert", "status", "one");
  assert.equal(shown.code, 0, shown.err);
  for (const part of [
    ...[/^Name: +one$/m, /^DNS Names: +a\.test$/m, /^Issuer: +ClusterIssuer prod$/m],
    ...[
      /^ {2}Names: +a\.test$/m,
      /^What to do: +create ClusterIssuer prod, or correct issuerRef$/m,
    ],
  ])
    assert.match(shown.out, part);
  assert.ok(!shown.out.includes("PRIVATE KEY"));
  const explained = await sekisho("explain", "certificate/one");
  assert.match(explained.out, /^ {2}issuer +ClusterIssuer prod: not there$/m);
  assert.match(explained.out, /^what to do: create ClusterIssuer prod/m);
  const missing = await sekisho("explain", "certificate/two");
  assert.equal(missing.code, 1);
});

test("a Secret is inspected without its key, and exported with it, for its owner alone", async (context) => {
  const { store, directory, sekisho } = await home(context);
  const { certificate, key } = selfSigned(["a.test"]);
  await add(store, "Secret", "one", {
    type: "kubernetes.io/tls",
    stringData: { "tls.crt": certificate, "tls.key": key, "ca.crt": certificate },
  });
  const shown = await sekisho("cert", "inspect", "one");
  assert.match(shown.out, /^tls\.crt 1 of 1:$/m);
  assert.match(shown.out, /^ {2}belongs to the first certificate$/m);
  assert.ok(!shown.out.includes(key.split("\n")[1] ?? "?"));
  const out = join(directory, "out");
  const written = await sekisho("cert", "export", "one", "--out", out);
  assert.equal(written.code, 0, written.err);
  assert.equal(readFileSync(join(out, "tls.key"), "utf8"), key);
  assert.equal(readFileSync(join(out, "ca.crt"), "utf8"), certificate);
  assert.equal(statSync(join(out, "tls.key")).mode & 0o777, 0o600);
});
