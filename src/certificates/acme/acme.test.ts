import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import { generateSigningKey } from "#crypto/signing-key.ts";
import { buildSigningRequest } from "#crypto/signing-request.ts";
import { derSubject } from "#crypto/subject-name.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { type OrderStatus, readOrderStatus } from "#kinds/cert-manager/order.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { createAcmeServer, type FakeAcmeServer } from "#test/fakes/acme-server.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock } from "#test/fakes/manual-clock.ts";
import { passTurns } from "#test/fakes/passing-turns.ts";
import { createSeededRandom } from "#test/fakes/seeded-random.ts";
import { silentLog } from "#test/fakes/silent-log.ts";
import type { Solver } from "../solvers/solver.ts";
import { type Acme, createAcme } from "./acme.ts";

const issuerKey = { kind: "ClusterIssuer.cert-manager.io", namespace: "", name: "prod" };
const issuerRef = { name: "prod", kind: "ClusterIssuer" };
const { signal } = new AbortController();

/** Whatever it is given is found. */
const willing: Solver = {
  type: "http-01",
  present: () => Promise.resolve({ kind: "done" }),
  check: () => Promise.resolve({ kind: "done" }),
  cleanUp: () => Promise.resolve({ kind: "done" }),
};

interface Stage {
  readonly store: EmbeddedStore;
  readonly server: FakeAcmeServer;
  readonly acme: Acme;
  readonly request: KubeObject;
  /** Lets seconds pass, at most, until it is so. */
  readonly pass: (seconds: number, until: (status: OrderStatus) => boolean) => Promise<OrderStatus>;
}

/** A request whose Order is there, by an account that is registered; the controllers run. */
async function open(
  context: TestContext,
  lead = Temporal.Duration.from({ seconds: 0 }),
): Promise<Stage> {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const server = createAcmeServer(clock);
  const acme = createAcme({
    ...{ store, clock, random: createSeededRandom(1), log: silentLog, door: server.door },
    ...{ userAgent: "test", clusterResourceNamespace: "cert-manager", solvers: [willing] },
    tell: () => Promise.resolve(),
  });
  const issuer = await store.create({
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata: { name: "prod", namespace: "" },
    body: { spec: { acme: acmeSpec(server.directory) } },
  });
  // As if somebody had brought it: making one takes time that the clock here does not show.
  await store.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "account-key", namespace: "cert-manager" },
    body: { type: "Opaque", stringData: { "tls.key": accountKey } },
  });
  const { ready: status, reason, message, account } = await acme.verify(issuer, signal);
  assert.equal(status, "True", message);
  const conditions = [{ type: "Ready", status, reason, message }];
  const ready = await store.replaceStatus(issuerKey, { conditions, acme: { ...account } });
  const request = await store.create({
    apiVersion: "cert-manager.io/v1",
    kind: "CertificateRequest",
    metadata: { name: "web-1", namespace: "shop" },
    body: { spec: {} },
  });
  const fulfil = (): Promise<unknown> =>
    acme.fulfil({ object: request, issuer: ready }, namesOf("a.example.com"));
  await fulfil();
  // Since the account was registered one of the clocks was set.
  server.lead = lead;
  await clock.advance({ minutes: 2 });
  const controllers = acme.start();
  context.after(() => controllers.stop());
  const statusNow = async (): Promise<OrderStatus> => {
    const [order] = (await store.list("Order.acme.cert-manager.io")).items;
    return order === undefined ? {} : readOrderStatus(order);
  };
  const pass: Stage["pass"] = async (seconds, isSeen) => {
    await passTurns(clock, seconds, async () => isSeen(await statusNow()));
    return await statusNow();
  };
  return { store, server, acme, request, pass };
}

const accountKey = generateSigningKey().export({ type: "pkcs8", format: "pem" }).toString();

function acmeSpec(server: string): { readonly [field: string]: never } {
  return JSON.parse(
    JSON.stringify({
      ...{ server, privateKeySecretRef: { name: "account-key" } },
      solvers: [{ http01: { ingress: {} } }],
    }),
  );
}

function namesOf(name: string): Parameters<Acme["fulfil"]>[1] {
  const pem = buildSigningRequest(
    { subject: derSubject([]), extensions: [] },
    generateSigningKey(),
  );
  return {
    ...{ request: Buffer.from(pem).toString("base64"), issuerRef, commonName: "" },
    ...{ dnsNames: [name], ipAddresses: [], duration: undefined },
  };
}

const isEnded = ({ state }: OrderStatus): boolean => isFinalState(state);

test("a request ends with a certificate, by one order that is finalized once", async (context) => {
  const { store, server, acme, request, pass } = await open(context);
  const { state, reason = "", certificate = "" } = await pass(30, isEnded);
  assert.equal(state, "valid", reason);
  const leaf = new X509Certificate(Buffer.from(certificate, "base64"));
  assert.equal(leaf.subjectAltName, "DNS:a.example.com");
  const heard = (noun: string): number => server.heard.filter((one) => one.includes(noun)).length;
  assert.deepEqual([heard("new-order"), heard("finalize")], [1, 1]);
  await pass(1, () => false);
  assert.deepEqual((await store.list(challengeKind.id)).items, []);
  const issuer = await store.get(issuerKey);
  assert.ok(issuer);
  const outcome = await acme.fulfil({ object: request, issuer }, namesOf("a.example.com"));
  assert.equal(outcome.kind, "issued");
});

test("nothing is ordered while our clock is far from the server's, and the Order says so", async (context) => {
  const { server, pass } = await open(context, Temporal.Duration.from({ minutes: 6 }));
  const { state, reason = "" } = await pass(5, (status) => status.reason !== undefined);
  assert.equal(state, undefined);
  assert.match(reason, /^the clock of this machine is 6 minutes ahead of the ACME server's/);
  assert.ok(!server.heard.includes("POST /new-order"));
  server.lead = Temporal.Duration.from({ minutes: 4 });
  assert.equal((await pass(120, isEnded)).state, "valid");
});

test("a common name that is none of the names is refused before anything is ordered", async (context) => {
  const { store, acme, request, pass } = await open(context);
  await pass(30, isEnded);
  const issuer = await store.get(issuerKey);
  assert.ok(issuer);
  const names = { ...namesOf("a.example.com"), commonName: "b.example.com" };
  assert.equal((await acme.fulfil({ object: request, issuer }, names)).kind, "failed");
});
