import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { readOrderStatus } from "#kinds/cert-manager/order.ts";
import type { KubeObject } from "#kinds/object.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { ObjectStore } from "#store/object-store.ts";
import {
  type LeftAccount,
  type LeftAt,
  leaveAccount,
  leaveOrder,
} from "#test/fakes/cert-manager/left-order.ts";
import { createAcmeServer, type FakeAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock, type ManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { passTurns } from "#test/fakes/runtime/passing-turns.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { CertManagerVersion } from "#test/simulators/cert-manager/triggers.ts";
import type { Solver } from "../solvers/solver.ts";
import { type Acme, createAcme } from "./acme.ts";

const versions = ["1.9", "1.21"] as const satisfies readonly CertManagerVersion[];
const { signal } = new AbortController();

interface Stage {
  readonly store: ObjectStore;
  readonly clock: ManualClock;
  readonly server: FakeAcmeServer;
  readonly account: LeftAccount;
  readonly acme: Acme;
  /** What the solver was asked to do. */
  readonly solved: readonly string[];
  /** Reasons of Events. */
  readonly told: readonly string[];
}

async function open(context: TestContext, version: CertManagerVersion): Promise<Stage> {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const server = createAcmeServer(clock);
  const solved: string[] = [];
  const told: string[] = [];
  const act = (what: string) => async (): Promise<{ readonly kind: "done" }> => {
    solved.push(what);
    return { kind: "done" };
  };
  const solver: Solver = {
    ...{ type: "http-01", present: act("present"), check: act("check"), cleanUp: act("clean up") },
  };
  const acme = createAcme({
    ...{ store, clock, random: createSeededRandom(1), log: silentLog, door: server.door },
    metrics: await createMetrics(),
    ...{ userAgent: "test", clusterResourceNamespace: "cert-manager", solvers: [solver] },
    tell: async (_, { reason }) => void told.push(reason),
  });
  const account = await leaveAccount(store, version, server);
  return { store, clock, server, account, acme, solved, told };
}

for (const version of versions) {
  test(`the account that cert-manager ${version} registered is used, and its Secret stays as it is`, async (context) => {
    const { store, server, account, acme } = await open(context, version);
    const verdict = await acme.verify(account.issuer, signal);
    assert.equal(verdict.ready, "True", verdict.message);
    const uri = "https://acme.test/account/0";
    const { uri: known, lastPrivateKeyHash } = verdict.account;
    assert.equal(known, uri);
    const asked = server.heard.filter((one) => one !== "GET /directory");
    // 1.9 did not keep by which key it was: the server is asked for the account of this one.
    if (version === "1.21") assert.deepEqual(asked, []);
    else assert.match(lastPrivateKeyHash ?? "", /^[\w+/]{43}=$/);
    const secret = { kind: "Secret", namespace: "cert-manager", name: "account-key" };
    assert.deepEqual(await store.get(secret), account.secret);
  });

  for (const at of ["placed", "presented"] as const satisfies readonly LeftAt[]) {
    test(`an Order that cert-manager ${version} left when it was ${at} goes on from there`, async (context) => {
      const stage = await open(context, version);
      const { store, clock, server, account, acme, solved, told } = stage;
      const number = server.place(["a.example.com"]);
      const left = { origin: "https://acme.test", number, key: account.key, at };
      const request = await leaveOrder(store, version, left);
      const {
        ready: status,
        reason,
        message,
        account: known,
      } = await acme.verify(account.issuer, signal);
      const conditions = [{ type: "Ready", status, reason, message }];
      const issuerKey = { kind: "ClusterIssuer.cert-manager.io", namespace: "", name: "prod" };
      await store.replaceStatus(issuerKey, { conditions, acme: { ...known } });
      const [before] = (await store.list("Order.acme.cert-manager.io")).items;
      const controllers = acme.start();
      context.after(() => controllers.stop());
      const isOver = async (): Promise<boolean> => {
        const { items } = await store.list(challengeKind.id);
        return items.length === 0 && isFinalState(readOrderStatus(await orderIn(store)).state);
      };
      await passTurns(clock, 30, isOver);
      const after = await orderIn(store);
      const { state, reason: why = "", certificate = "" } = readOrderStatus(after);
      assert.equal(state, "valid", why);
      assert.equal(after.metadata.uid, before?.metadata.uid);
      const leaf = new X509Certificate(Buffer.from(certificate, "base64"));
      assert.equal(leaf.subjectAltName, "DNS:a.example.com");
      const heard = (noun: string): number =>
        server.heard.filter((one) => one === `POST /${noun}`).length;
      assert.deepEqual([heard("new-order"), heard(`finalize/${number}`)], [0, 1]);
      const made = told.filter((reason) => reason === "Created").length;
      assert.equal(made, at === "placed" ? 1 : 0, "one Challenge, whoever made it");
      assert.deepEqual((await store.list(challengeKind.id)).items, [], "whatever finalizer it had");
      assert.equal(solved.includes("present"), at === "placed");
      assert.ok(solved.includes("clean up"), "also of what cert-manager presented");
      const issuer = await store.get(issuerKey);
      assert.ok(issuer);
      const names = { request: "", commonName: "", dnsNames: ["a.example.com"], ipAddresses: [] };
      const outcome = await acme.fulfil(
        { object: request, issuer },
        { ...names, issuerRef: { name: "prod", kind: "ClusterIssuer" }, duration: undefined },
      );
      assert.equal(outcome.kind, "issued");
    });
  }
}

async function orderIn(store: ObjectStore): Promise<KubeObject> {
  const [order, ...others] = (await store.list("Order.acme.cert-manager.io")).items;
  assert.ok(order && others.length === 0, "there is one Order");
  return order;
}
