/** TLS sessions taken up again, by two real Envoys of one gate: where, for how long, and where not. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { createTicketSeed, ticketKey } from "#crypto/ticket-key.ts";
import type { TicketKeys } from "#envoy/secret-source.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { startStreamStage } from "../harness/stream-stage.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { type MetPeer, meet } from "../harness/tls-session.ts";
import { connect, http1Text } from "../harness/wire-client.ts";

const seeds = Array.from({ length: 4 }, createTicketSeed);

/** By these seeds, the first of which seals. */
function keysOf(...numbers: readonly number[]): TicketKeys {
  const chosen = numbers.flatMap((number) => seeds[number] ?? []);
  return (purpose) => chosen.map((seed) => ticketKey(seed, purpose));
}

const wild = selfSigned(["*.shop.test"]);
const other = selfSigned(["*.shop.test"]);

function secret(name: string, { certificate, key }: SelfSigned): KubeObject {
  const data = { "tls.crt": btoa(certificate), "tls.key": btoa(key), "ca.crt": btoa(certificate) };
  const metadata = { namespace: "default", name };
  return storedObject({ apiVersion: "v1", kind: "Secret", metadata, body: { data } });
}

function server(name: string, spec: Readonly<Record<string, unknown>>): KubeObject {
  const metadata = { namespace: "default", name, uid: name };
  const route = { path: "/", action: { return: { body: name } } };
  return storedObject({
    ...{ apiVersion: "k8s.nginx.org/v1", kind: "VirtualServer", metadata },
    body: { spec: { host: `${name}.shop.test`, routes: [route], ...spec } } as KubeObject["body"],
  });
}

function asking(name: string): KubeObject {
  const spec = { ingressMTLS: { clientCertSecret: name, verifyClient: "optional" } };
  const metadata = { namespace: "default", name, uid: name };
  return storedObject({
    ...{ apiVersion: "k8s.nginx.org/v1", kind: "Policy", metadata, body: { spec } },
  });
}

const tls = { secret: "wild" };
const world = [
  ...[secret("wild", wild), secret("other", other)],
  ...["authority", "other-authority"].flatMap((name) => [
    storedObject({
      ...secret(name, wild),
      body: { ...secret(name, wild).body, type: "nginx.org/ca" },
    }),
    asking(name),
  ]),
  ...[server("a", { tls }), server("b", { tls }), server("x", { tls: { secret: "other" } })],
  server("y", { tls, policies: [{ name: "authority" }] }),
  server("z", { tls, policies: [{ name: "other-authority" }] }),
];

const everything = new AsyncDisposableStack();
let gates: readonly TestGate[] = [];

before(async () => {
  gates = await Promise.all(
    [0, 1].map(async () =>
      everything.use(
        await startTestGate({ ticketKeys: keysOf(0), dialects: { servedClasses: "all" } }),
      ),
    ),
  );
  for (const gate of gates) assert.deepEqual(await gate.apply(world), []);
});

after(() => everything.disposeAsync());

function gateOf(index: number): TestGate {
  const gate = gates[index];
  assert.ok(gate);
  return gate;
}

type Version = "TLSv1.2" | "TLSv1.3";

/** One request. */
async function ask(
  gate: number,
  name: string,
  more: { readonly version?: Version; readonly session?: Buffer },
): Promise<MetPeer> {
  const serverName = `${name}.shop.test`;
  const peer = { port: gateOf(gate).https, tls: { serverName, ...more } };
  return await meet(peer, http1Text("/", [`Host: ${serverName}`]));
}

/** OpenSSL offers a session to nobody but the host that it is of: one of another host says that it is of this one. */
function renamed(session: Buffer, from: string, to: string): Buffer {
  const text = session.toString("latin1");
  return Buffer.from(text.replaceAll(`${from}.shop.test`, `${to}.shop.test`), "latin1");
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`${version}: a session goes on at another proxy`, async () => {
    const { session, isReused } = await ask(0, "a", { version });
    assert.equal(isReused, false);
    const again = await ask(1, "a", { version, session });
    assert.equal(again.isReused, true);
    assert.match(again.answer, /^HTTP\/1.1 200.*\r\n\r\na$/s);
  });

  test(`${version}: it goes on after rotations until its key is gone`, async () => {
    const { session } = await ask(0, "a", { version });
    for (const [keys, isReused] of [
      [keysOf(0, 1), true],
      [keysOf(1, 0), true],
      [keysOf(2, 1, 0), true],
      [keysOf(2, 1), false],
    ] as const) {
      for (const gate of gates) assert.deepEqual(await gate.setTicketKeys(keys), []);
      assert.equal((await ask(1, "a", { version, session })).isReused, isReused);
    }
    for (const gate of gates) await gate.setTicketKeys(keysOf(0));
  });

  test(`${version}: it opens no host of another certificate or of other clients, and hosts that ask take none up`, async () => {
    const sessions = new Map<string, Buffer>();
    const names = ["a", "b", "x", "y", "z"];
    for (const name of names) sessions.set(name, (await ask(0, name, { version })).session);
    const reused: string[] = [];
    for (const [from, session] of sessions)
      for (const to of names)
        if ((await ask(1, to, { version, session: renamed(session, from, to) })).isReused)
          reused.push(`${from} → ${to}`);
    // One group, so that either may be asked for on a connection of the other.
    assert.deepEqual(reused, ["a → a", "a → b", "b → a", "b → b", "x → x"]);
  });
}

test("a rotation touches no listener and ends no connection", async () => {
  const stats = "/stats?filter=listener_manager.listener_(added|modified|in_place_updated)";
  const gate = gateOf(0);
  const before = await gate.admin(stats);
  const kept = await connect({ port: gate.https, tls: { serverName: "a.shop.test" } });
  await gate.setTicketKeys(keysOf(3, 0));
  assert.equal(await gate.admin(stats), before);
  kept.write(http1Text("/", ["Host: a.shop.test"]));
  const [answer] = (await once(kept, "data")) as [Buffer];
  assert.match(String(answer), /^HTTP\/1.1 200/);
  kept.destroy();
  await gate.setTicketKeys(keysOf(0));
});

test("a session of a stream goes on until its key is gone, and opens no host over the same certificate", async () => {
  await using stage = await startStreamStage({ ticketKeys: keysOf(0) });
  const { gate, ports } = stage;
  await stage.apply(streamAndHost(ports.one));
  const request = http1Text("/", ["Host: gate.test"]);
  const tls = { serverName: "gate.test" };
  const onStream = { port: ports.one, tls };
  const { session } = await meet(onStream, "hello");
  const showing = { ...tls, session };
  const again = await meet({ ...onStream, tls: showing }, "hello");
  assert.deepEqual([again.isReused, again.answer], [true, "echo: hello"]);
  const host = await meet({ port: gate.https, tls: showing }, request);
  assert.equal(host.isReused, false);
  const back = await meet({ ...onStream, tls: { ...tls, session: host.session } }, "hello");
  assert.equal(back.isReused, false);
  await gate.setTicketKeys(keysOf(1));
  assert.equal((await meet({ ...onStream, tls: showing }, "hello")).isReused, false);
});

function streamAndHost(port: number): string {
  return `apiVersion: k8s.nginx.org/v1
kind: GlobalConfiguration
metadata: { name: ports }
spec: { listeners: [{ name: one, protocol: TCP, port: ${port} }] }
---
apiVersion: k8s.nginx.org/v1
kind: TransportServer
metadata: { name: stream }
spec:
  listener: { name: one, protocol: TCP }
  host: gate.test
  tls: { secret: gate-tls }
  upstreams: [{ name: up, service: echo, port: 53 }]
  action: { pass: up }
---
apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: { name: host }
spec:
  host: gate.test
  tls: { secret: gate-tls }
  routes: [{ path: /, action: { return: { body: host } } }]
`;
}

test("Envoy's own dumps hold no key", async () => {
  const gate = gateOf(0);
  const dumped = await gate.admin("/config_dump?include_eds");
  assert.match(dumped, /tickets\/default\/wild/);
  for (const seed of seeds) {
    for (const key of [
      seed,
      ...["default/wild", "default/other"].map((one) => ticketKey(seed, one)),
    ])
      for (const form of ["base64", "hex", "latin1"] as const)
        assert.ok(!dumped.includes(Buffer.from(key.reveal()).toString(form)));
  }
});
