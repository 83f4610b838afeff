/** Two replicas over real mutual TLS: whom a status waits for, and whom it does not. */

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Finding } from "#base/finding.ts";
import type { KubeObject } from "#kinds/object.ts";
import { admitOnly } from "#proxies/kubernetes/xds-admission.ts";
import { createRoot, issueLeaf, type SigningRoot } from "#proxies/kubernetes/xds-certificates.ts";
import type { XdsRole } from "#proxies/kubernetes/xds-peers.ts";
import type { Clock } from "#runtime/clock.ts";
import {
  type Http2Answer,
  type Http2Client,
  Http2ClientError,
} from "#runtime/http/http2-client.ts";
import type { Http2Handler, TlsIdentity } from "#runtime/http/http2-server.ts";
import { createHttp2Client } from "#runtime/http/real-http2-client.ts";
import { createHttp2Server } from "#runtime/http/real-http2-server.ts";
import { createClock } from "#runtime/real-clock.ts";
import { createMetrics } from "#runtime/telemetry/real-metrics.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { silentLog } from "#test/fakes/runtime/silent-log.ts";
import { resource, startXds, type XdsHarness } from "#test/fakes/xds-harness.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { byQuestion, createAnswering } from "./answering.ts";
import { findPeers, findReadyPods } from "./peers.ts";
import { questionPath } from "./question.ts";

const namespace = "sekisho-system";
const now = Temporal.Now.instant();
const cluster = resource("cluster", "c", "1");

function identityOf(root: SigningRoot, role: XdsRole): TlsIdentity {
  const leaf = issueLeaf(root, now, { namespace, role });
  return {
    certificateChain: leaf.certificate.pem,
    privateKey: Buffer.from(leaf.privateKey.reveal()).toString(),
    clientCa: root.certificate.pem,
  };
}

function sliceOf(port: number, endpoints: readonly object[]): KubeObject {
  const labels = { "kubernetes.io/service-name": "sekisho-xds" };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name: "sekisho-xds-1", labels },
    body: { addressType: "IPv4", ports: [{ name: "xds", port }], endpoints },
  } as unknown as KubeObject;
}

const pod = (name: string, address: string, conditions = {}): object => ({
  ...{ addresses: [address], conditions },
  targetRef: { kind: "Pod", name },
});

interface Other {
  readonly port: number;
  /** How many questions it was asked. */
  asked: number;
}

/** What another replica listens with. */
async function listen(t: TestContext, root: SigningRoot, xds: XdsHarness["xds"]): Promise<Other> {
  const answering = createAnswering({
    ...{ clock: createClock(), log: silentLog, metrics: await createMetrics() },
    settlement: () => xds.settlement,
  });
  const counted: Http2Handler = (request, response) => {
    other.asked += 1;
    answering(request, response);
  };
  const handler = byQuestion(
    admitOnly({ clock: createClock(), namespace, role: "control-plane" }, counted),
    admitOnly({ clock: createClock(), namespace, role: "proxy" }, (_, response) =>
      response.end("xDS"),
    ),
  );
  const identity = identityOf(root, "control-plane");
  const place = { kind: "tls", host: "127.0.0.1", port: 0, identity } as const;
  const listener = await createHttp2Server().listen(place, handler);
  t.after(() => listener.close());
  const other: Other = { port: listener.port ?? 0, asked: 0 };
  return other;
}

interface Leader {
  readonly acknowledgements: Acknowledgements;
  readonly findings: () => readonly string[];
}

function leaderOf(
  t: TestContext,
  { xds }: XdsHarness,
  options: {
    readonly root: SigningRoot;
    readonly slice: KubeObject;
    readonly clock: Clock;
    readonly http2Client?: Http2Client;
  },
): Leader {
  let findings: readonly Finding[] = [];
  const { root, slice, clock, http2Client = createHttp2Client() } = options;
  const store = { list: async () => ({ items: [slice], point: "" }) };
  const acknowledgements = new Acknowledgements(
    { clock, http2Client, log: silentLog, store },
    {
      ...{ namespace, identity: "one", tls: identityOf(root, "control-plane") },
      settlement: () => xds.settlement,
      service: { namespace, name: "sekisho" },
      found: (all) => {
        findings = all;
      },
    },
  );
  t.after(() => acknowledgements.close());
  return {
    acknowledgements,
    findings: () => findings.map(({ reason, message }) => `${reason}: ${message}`),
  };
}

function answered(answer: {
  readonly unsettled: readonly number[];
  readonly proxies?: readonly string[];
}): Http2Answer {
  return { status: 200, body: JSON.stringify({ lacking: [], silent: [], ...answer }) };
}

async function publishing(t: TestContext): Promise<XdsHarness> {
  const harness = await startXds(t);
  harness.xds.publish({ set: [cluster], removed: [] });
  harness.xds.open();
  return harness;
}

test("a round lasts until the proxies of the other replica have answered, too", async (t) => {
  const root = createRoot(now);
  const [one, two] = [await publishing(t), await publishing(t)];
  const other = await listen(t, root, two.xds);
  const slice = sliceOf(other.port, [pod("one", "127.0.0.1"), pod("two", "127.0.0.1")]);
  const { acknowledgements, findings } = leaderOf(t, one, { root, slice, clock: createClock() });
  const proxy = two.client("p");
  proxy.ask("cluster");
  const delivery = await proxy.next();
  const order: string[] = [];
  const settled = acknowledgements.settled().then(() => order.push("settled"));
  // It was asked once more: the first answer said that somebody lacks something.
  while (other.asked < 2) await setImmediate();
  order.push("answered");
  proxy.acknowledge(delivery);
  await settled;
  assert.deepEqual(order, ["answered", "settled"]);
  assert.deepEqual(findings(), []);
  assert.deepEqual(
    acknowledgements.replicas().map(({ name, silent }) => [name, silent]),
    [["two", []]],
  );
});

test("a round asks for what was published since the one before, and forgetting makes it ask for all", async (t) => {
  const root = createRoot(now);
  const one = await publishing(t);
  const asked: string[][] = [];
  const slice = sliceOf(1, [pod("two", "127.0.0.1")]);
  const http2Client: Http2Client = {
    ask: async ({ body }) => {
      const { names } = JSON.parse(body) as { names: { name: string }[] };
      asked.push(names.map(({ name }) => name));
      return answered({ unsettled: [] });
    },
  };
  const { acknowledgements } = leaderOf(t, one, { root, slice, clock: createClock(), http2Client });
  const noted = resource("routes", "r", "1");
  one.xds.publish({ set: [noted], removed: [] });
  await acknowledgements.settled();
  acknowledgements.published({ set: [noted], removed: [{ type: "cluster", name: "gone" }] });
  await acknowledgements.settled();
  acknowledgements.forget();
  await acknowledgements.settled();
  assert.deepEqual(asked, [
    ["c", "r"],
    ["r", "gone"],
    ["c", "r"],
  ]);
});

/** Lets time pass until something has happened. */
async function pass(
  clock: ReturnType<typeof createManualClock>,
  until: Promise<unknown>,
): Promise<void> {
  let over = false;
  void until.finally(() => {
    over = true;
  });
  while (!over) {
    await setImmediate();
    await clock.advance({ milliseconds: 100 });
  }
}

test("a replica that does not answer is named after 10 s, and not waited for any more", async (t) => {
  const root = createRoot(now);
  const one = await publishing(t);
  const clock = createManualClock();
  // Nobody listens there.
  const slice = sliceOf(1, [pod("two", "127.0.0.1")]);
  const { acknowledgements, findings } = leaderOf(t, one, { root, slice, clock });
  await pass(clock, acknowledgements.settled());
  assert.ok(clock.monotonicMs() >= 10_000);
  assert.match(findings().join(), /^ReplicaSilent: .* two: it does not answer: .*ECONNREFUSED/);
  const before = clock.monotonicMs();
  await acknowledgements.settled();
  assert.equal(clock.monotonicMs(), before);
});

test("a replica that does not have what the others have is named, until it has", async (t) => {
  const one = await publishing(t);
  const slice = sliceOf(1, [pod("two", "127.0.0.1")]);
  const clock = createManualClock();
  let unsettled = [0];
  const http2Client: Http2Client = { ask: async () => answered({ unsettled }) };
  const root = createRoot(now);
  const { acknowledgements, findings } = leaderOf(t, one, { root, slice, clock, http2Client });
  await pass(clock, acknowledgements.settled());
  assert.match(findings().join(), /two: it does not have what this one has$/);
  unsettled = [];
  await clock.advance({ seconds: 10 });
  while (findings().length > 0) await setImmediate();
});

test("a proxy that does not answer is named after 10 s, and not waited for any more", async (t) => {
  const one = await publishing(t);
  const { clock } = one;
  const slice = sliceOf(1, []);
  const { acknowledgements, findings } = leaderOf(t, one, { root: createRoot(now), slice, clock });
  const proxy = one.client("p");
  proxy.ask("cluster");
  const delivery = await proxy.next();
  await pass(clock, acknowledgements.settled());
  assert.match(findings().join(), /^ProxySilent: .* the proxy p of the replica one/);
  one.xds.publish({ set: [resource("cluster", "d", "1")], removed: [] });
  acknowledgements.published({ set: [resource("cluster", "d", "1")], removed: [] });
  const before = clock.monotonicMs();
  await acknowledgements.settled();
  assert.equal(clock.monotonicMs(), before);
  proxy.acknowledge(delivery);
  await proxy.drain();
  await acknowledgements.settled();
  assert.deepEqual(findings(), []);
});

test("a proxy may not ask, and a replica may not take what proxies are given", async (t) => {
  const root = createRoot(now);
  const two = await publishing(t);
  const { port } = await listen(t, root, two.xds);
  const ask = async (role: XdsRole, path: string, body = "{}"): Promise<number> => {
    const question = { host: "127.0.0.1", port, serverName: `sekisho-xds.${namespace}.svc`, path };
    const identity = identityOf(root, role);
    const signal = new AbortController().signal;
    return (await createHttp2Client().ask({ ...question, identity, body }, signal)).status;
  };
  assert.equal(await ask("proxy", questionPath), 403);
  assert.equal(await ask("control-plane", "/xds"), 403);
  assert.equal(await ask("proxy", "/xds"), 200);
  assert.equal(await ask("control-plane", questionPath), 400);
  assert.equal(await ask("control-plane", questionPath, '{"names":[]}'), 200);
});

test("the other replicas are found by the Service's endpoints, those that stop too, ourselves and others' not", () => {
  const found = findPeers(
    [
      sliceOf(18_000, [
        pod("one", "10.0.0.1"),
        pod("two", "10.0.0.2", { ready: true }),
        pod("stopping", "10.0.0.3", { ready: false, serving: true, terminating: true }),
        pod("starting", "10.0.0.4", { ready: false, serving: false }),
        { addresses: ["10.0.0.5"] },
      ]),
      sliceOf(18_000, [pod("two", "fd00::2")]),
      {
        ...sliceOf(1, [pod("other", "10.0.0.6")]),
        metadata: { namespace: "other", name: "x" },
      } as unknown as KubeObject,
    ],
    { namespace, identity: "one" },
  );
  assert.deepEqual(
    found.map(({ name, host, port }) => `${name} ${host}:${port}`),
    ["10.0.0.5 10.0.0.5:18000", "stopping 10.0.0.3:18000", "two 10.0.0.2:18000"],
  );
});

test("the proxies that clients are led to are found by the Service's endpoints", () => {
  const slices = [
    sliceOf(18_000, [
      pod("b", "10.0.0.1", { ready: true }),
      pod("a", "10.0.0.2"),
      pod("starting", "10.0.0.3", { ready: false }),
      { addresses: ["10.0.0.4"] },
    ]),
    sliceOf(18_000, [pod("b", "fd00::2")]),
  ];
  assert.deepEqual(findReadyPods(slices, { namespace, name: "sekisho-xds" }), ["a", "b"]);
  assert.deepEqual(findReadyPods(slices, { namespace, name: "sekisho" }), []);
});

test("names are in force once the proxies of every replica have them, and one that does not answer is no reason to wait", async (t) => {
  const root = createRoot(now);
  const one = await publishing(t);
  const slice = sliceOf(1, [pod("two", "127.0.0.1")]);
  const clock = createManualClock();
  let unsettled: readonly number[] = [0];
  let there: readonly string[] = ["p"];
  let isSilent = false;
  const http2Client: Http2Client = {
    ask: async () => {
      if (isSilent) throw new Http2ClientError("unreachable", "nobody is there");
      return answered({ unsettled, proxies: there });
    },
  };
  const { acknowledgements } = leaderOf(t, one, { root, slice, clock, http2Client });
  const inForce = async (): Promise<boolean> => {
    const asked = acknowledgements.inForce([{ type: "cluster", name: "c" }]);
    await pass(clock, asked);
    return await asked;
  };
  assert.equal(await inForce(), false);
  unsettled = [];
  assert.equal(await inForce(), true);
  there = [];
  assert.equal(await inForce(), false, "behind a start no proxy has come back yet");
  const proxy = one.client("here");
  proxy.ask("cluster");
  const delivery = await proxy.next();
  proxy.acknowledge(delivery);
  await proxy.drain();
  isSilent = true;
  assert.equal(await inForce(), true);
});
