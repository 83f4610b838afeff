import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { JsonObject } from "#base/json.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { isFinalState } from "#kinds/cert-manager/acme-state.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { type OrderStatus, readOrderStatus } from "#kinds/cert-manager/order.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import type { EmbeddedStore } from "#store/embedded/embedded-store.ts";
import { createAcmeServer, type FakeAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import { approvedRequest, requestText } from "#test/fakes/certificates/approved-request.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { passTurns } from "#test/fakes/runtime/passing-turns.ts";
import { createSeededRandom } from "#test/fakes/runtime/seeded-random.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import type { Solver } from "../solvers/solver.ts";
import { type Acme, createAcme } from "./acme.ts";
import type { ServerLimits } from "./limits/known-limits.ts";
import { orderDraft } from "./orders/order-object.ts";

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
  readonly metrics: Metrics;
  /** Lets seconds pass, at most, until it is so of the last Order. */
  readonly pass: (seconds: number, until: (status: OrderStatus) => boolean) => Promise<OrderStatus>;
}

/** A request whose Order is there, by an account that is registered; the controllers run. */
async function open(
  context: TestContext,
  {
    lead = Temporal.Duration.from({ seconds: 0 }),
    limits = {},
    knowsSuccessors = false,
  }: {
    readonly lead?: Temporal.Duration;
    readonly limits?: ServerLimits;
    readonly knowsSuccessors?: boolean;
  } = {},
): Promise<Stage> {
  const store = await temporaryStore(context);
  const clock = createManualClock();
  const server = createAcmeServer(clock);
  server.knowsSuccessors = knowsSuccessors;
  const metrics = await createMetrics();
  const acme = createAcme({
    ...{ store, clock, metrics, random: createSeededRandom(1), log: silentLog },
    door: server.door,
    ...{ userAgent: "test", clusterResourceNamespace: "cert-manager", solvers: [willing] },
    ...{ tell: () => Promise.resolve(), limitsOf: () => limits },
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
  const asked = namesOf("a.example.com");
  const place = { namespace: "shop", name: "web-1" };
  const request = await approvedRequest(store, place, { request: asked.request, issuerRef });
  const fulfil = (): Promise<unknown> => acme.fulfil({ object: request, issuer: ready }, asked);
  await fulfil();
  // Since the account was registered one of the clocks was set.
  server.lead = lead;
  await clock.advance({ minutes: 2 });
  const controllers = acme.start();
  context.after(() => controllers.stop());
  const statusNow = async (): Promise<OrderStatus> => {
    const order = (await store.list("Order.acme.cert-manager.io")).items.at(-1);
    return order === undefined ? {} : readOrderStatus(order);
  };
  const pass: Stage["pass"] = async (seconds, isSeen) => {
    await passTurns(clock, seconds, async () => isSeen(await statusNow()));
    return await statusNow();
  };
  return { store, server, acme, request, metrics, pass };
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
  return {
    ...{ request: requestText([name]), issuerRef, commonName: "" },
    ...{ dnsNames: [name], ipAddresses: [], duration: undefined },
  };
}

async function series({ metrics }: Stage, start: string): Promise<readonly string[]> {
  return (await metrics.expose()).split("\n").filter((line) => line.startsWith(start));
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
  const { server, pass } = await open(context, {
    lead: Temporal.Duration.from({ minutes: 6 }),
  });
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

/** Has the names of the first Order ordered again, as what replaces its certificate. */
async function orderSuccessor({ store }: Stage): Promise<void> {
  const { duration: _, ...names } = namesOf("a.example.com");
  const place = { namespace: "shop", name: "web-2" };
  const request = await approvedRequest(store, place, { request: names.request, issuerRef });
  await store.create(orderDraft(request, { ...names, replaces: "issuer.serial" }));
}

function problem(
  status: number,
  type: string,
): { readonly status: number; readonly body: JsonObject } {
  return {
    status,
    body: { type: `urn:ietf:params:acme:error:${type}`, detail: "no such order" },
  };
}

/** What servers say to a successor that they do not take as one. */
const notAsSuccessor = {
  "refuses it": problem(409, "alreadyReplaced"),
  "fails of it each time": problem(500, "serverInternal"),
} as const;

for (const [what, answer] of Object.entries(notAsSuccessor)) {
  test(`a server that ${what} gets an order that replaces nothing, which is counted as any other`, async (context) => {
    const limits = { sameNames: { count: 1, refillMs: 600_000 } };
    const stage = await open(context, { limits, knowsSuccessors: true });
    const { server, pass } = stage;
    assert.equal((await pass(30, isEnded)).state, "valid");
    const replaced: unknown[] = [];
    server.instead = (path, { replaces }) => {
      if (path !== "/new-order") return undefined;
      replaced.push(replaces);
      return replaces === undefined ? undefined : answer;
    };
    await orderSuccessor(stage);
    const { reason } = await pass(60, (status) => status.reason?.startsWith("the server") === true);
    assert.match(reason ?? "", /^the server allows 1 certificates with the very same names/);
    assert.ok(replaced.length > 0 && !replaced.includes(undefined));
    assert.equal((await pass(1200, isEnded)).state, "valid");
    assert.equal(replaced.filter((one) => one === undefined).length, 1);
  });
}

test("a server that is down for a moment gets the same order again", async (context) => {
  const stage = await open(context, { knowsSuccessors: true });
  const { server, pass } = stage;
  await pass(30, isEnded);
  const replaced: unknown[] = [];
  server.instead = (path, { replaces }) => {
    if (path !== "/new-order") return undefined;
    return replaced.push(replaces) === 1 ? problem(503, "serverInternal") : undefined;
  };
  await orderSuccessor(stage);
  assert.equal((await pass(60, isEnded)).state, "valid");
  assert.deepEqual(replaced, ["issuer.serial", "issuer.serial"]);
});

test("an order whose authorizations cannot be read is not placed again", async (context) => {
  const { server, pass } = await open(context);
  server.instead = (path) =>
    path.startsWith("/authorization") ? problem(503, "serverInternal") : undefined;
  await pass(60, () => false);
  server.instead = () => undefined;
  assert.equal((await pass(600, isEnded)).state, "valid");
  assert.equal(server.heard.filter((one) => one === "POST /new-order").length, 1);
});

/** Each is an Order that somebody wrote who may write Orders, beside an approved request for `a.example.com`. */
const forgedOrders: Readonly<Record<string, (approved: KubeObject, denied: KubeObject) => Forged>> =
  {
    "of nobody": () => ({ names: ["a.example.com"] }),
    "of a request that is not approved": (_, denied) => ({
      ...{ owner: denied, names: ["a.example.com"] },
    }),
    "of a request that is not there": (approved) => ({
      owner: { ...approved, metadata: { ...approved.metadata, uid: "another" } },
      names: ["a.example.com"],
    }),
    "for another name than was approved": (approved) => ({
      ...{ owner: approved, names: ["a.example.com", "bank.example.com"] },
    }),
    "with a signing request of its own": (approved) => ({
      ...{ owner: approved, names: ["a.example.com"], request: requestText(["a.example.com"]) },
    }),
    "by another issuer than was approved": (approved) => ({
      ...{ owner: approved, names: ["a.example.com"], issuer: "dear" },
    }),
  };

interface Forged {
  readonly owner?: KubeObject;
  readonly names: readonly string[];
  readonly request?: string;
  readonly issuer?: string;
}

test("an Order that no approved request made is not placed: nobody's account and credentials are used for it", async (context) => {
  const { store, server, request, pass } = await open(context);
  await pass(30, isEnded);
  const issuer = await store.get(issuerKey);
  assert.ok(issuer);
  const { apiVersion, kind, body, status } = issuer;
  await store.create({ apiVersion, kind, body, metadata: { name: "dear", namespace: "" } });
  await store.replaceStatus({ ...issuerKey, name: "dear" }, status ?? {});
  const asked = { request: requestText(["a.example.com"]), issuerRef };
  const unapproved = { namespace: "shop", name: "denied" };
  const denied = await approvedRequest(store, unapproved, asked);
  const key = { kind: "CertificateRequest.cert-manager.io", ...unapproved };
  await store.replaceStatus(key, { conditions: [] });
  const before = server.heard.length;
  for (const [index, forge] of Object.values(forgedOrders).entries()) {
    const { owner, names, request: own, issuer: by = "prod" } = forge(request, denied);
    const text = own ?? String((owner?.body["spec"] as JsonObject | undefined)?.["request"] ?? "");
    const spec = { request: text, issuerRef: { ...issuerRef, name: by }, dnsNames: [...names] };
    const draft = orderDraft(owner ?? request, spec);
    const { ownerReferences: made, ...metadata } = draft.metadata;
    const owners = owner === undefined ? {} : { ownerReferences: made ?? [] };
    await store.create({ ...draft, metadata: { ...metadata, ...owners, name: `forged-${index}` } });
  }
  await pass(180, () => false);
  assert.deepEqual(server.heard.slice(before), []);
  const { items } = await store.list("Order.acme.cert-manager.io");
  const forged = items.filter(({ metadata }) => metadata.name.startsWith("forged-"));
  assert.equal(forged.length, Object.keys(forgedOrders).length);
  assert.ok(forged.every((one) => readOrderStatus(one).url === undefined));
  for (const one of forged)
    assert.match(
      readOrderStatus(one).reason ?? "",
      /^Nothing is done for it: .*; Orders are made for approved CertificateRequests/,
    );
});

test("a server that was asked too often is left alone for a minute when it does not say for how long", async (context) => {
  const { server, pass } = await open(context);
  server.instead = (path) => (path === "/new-order" ? problem(429, "rateLimited") : undefined);
  const placed = (): number => server.heard.filter((one) => one === "POST /new-order").length;
  await pass(50, () => false);
  assert.equal(placed(), 1);
  server.instead = () => undefined;
  assert.equal((await pass(120, isEnded)).state, "valid");
  assert.equal(placed(), 2);
});

test("metrics say what the server was asked, and how each Challenge stands while it is there", async (context) => {
  const stage = await open(context);
  const { server, pass } = stage;
  const challenge = "certmanager_certificate_challenge_status";
  server.instead = (path) => (path.startsWith("/challenge") ? problem(503, "busy") : undefined);
  await pass(5, () => false);
  const now = (await series(stage, `${challenge}{`)).filter((line) => line.endsWith(" 1"));
  assert.equal(now.length, 1);
  assert.match(now[0] ?? "", /domain="a\.example\.com",reason="503 busy.*type="HTTP-01"/);
  assert.equal((await series(stage, `${challenge}{`)).length, 8);
  server.instead = () => undefined;
  assert.equal((await pass(60, isEnded)).state, "valid");
  await pass(2, () => false);
  assert.deepEqual(await series(stage, `${challenge}{`), []);
  const asked = 'scheme="https",host="acme.test",action="create_order",method="POST",status="200"';
  for (const family of ["acme_client", "http_acme_client"]) {
    const name = `certmanager_${family}_request`;
    assert.deepEqual(await series(stage, `${name}_count{${asked}}`), [`${name}_count{${asked}} 1`]);
    const took = await series(stage, `${name}_duration_seconds_count{${asked}}`);
    assert.equal(took.length, 1);
  }
  for (const controller of ["orders", "challenges"]) {
    const [calls = ""] = await series(
      stage,
      `certmanager_controller_sync_call_count{controller="${controller}"}`,
    );
    assert.match(calls, / [1-9]\d*$/);
  }
});

test("a token that would lead elsewhere in a path is none: its name fails, and nothing is answered", async (context) => {
  const { store, server, pass } = await open(context);
  const challenge = { type: "http-01", url: "https://acme.test/challenge/0", status: "pending" };
  const body = {
    ...{ status: "pending", identifier: { type: "dns", value: "a.example.com" } },
    challenges: [{ ...challenge, token: "../../admin" }],
  };
  server.instead = (path) =>
    path.startsWith("/authorization") ? { status: 200, body } : undefined;
  const { state, reason = "" } = await pass(30, isEnded);
  assert.equal(state, "errored");
  assert.match(reason, /no configured challenge solvers can be used for a\.example\.com/);
  assert.deepEqual((await store.list(challengeKind.id)).items, []);
});
