/** TLS sessions taken up again, by two real Envoys of one gate: where, for how long, and where not. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { TLSSocket } from "node:tls";
import { createTicketSeed, ticketKey } from "#crypto/ticket-key.ts";
import type { TicketKeys } from "#envoy/secret-source.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { startTestGate, type TestGate } from "./test-gate.ts";
import { connect, http1Text } from "./wire-client.ts";

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

interface Met {
  readonly session: Buffer<ArrayBufferLike>;
  readonly isReused: boolean;
  readonly body: string;
}

/** One connection, with a request: tickets come before the answer. */
async function meet(
  gate: number,
  name: string,
  { version, session }: { readonly version: Version; readonly session?: Buffer },
): Promise<Met> {
  const serverName = `${name}.shop.test`;
  const asked = { serverName, version, ...(session === undefined ? {} : { session }) };
  const socket = await connect({ port: gateOf(gate).https, tls: asked });
  assert.ok(socket instanceof TLSSocket);
  let given: Buffer | undefined = socket.getSession();
  socket.on("session", (next: Buffer) => {
    given = next;
  });
  socket.write(http1Text("/", [`Host: ${serverName}`]));
  const [answer] = (await once(socket, "data")) as [Buffer];
  const isReused = socket.isSessionReused();
  socket.destroy();
  assert.ok(given);
  return { session: given, isReused, body: answer.toString("latin1") };
}

/** OpenSSL offers a session to nobody but the host that it is of: one of another host says that it is of this one. */
function renamed(session: Buffer, from: string, to: string): Buffer {
  const text = session.toString("latin1");
  return Buffer.from(text.replaceAll(`${from}.shop.test`, `${to}.shop.test`), "latin1");
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`${version}: a session goes on at another proxy`, async () => {
    const { session, isReused } = await meet(0, "a", { version });
    assert.equal(isReused, false);
    const again = await meet(1, "a", { version, session });
    assert.equal(again.isReused, true);
    assert.match(again.body, /^HTTP\/1.1 200.*\r\n\r\na$/s);
  });

  test(`${version}: it goes on after rotations until its key is gone`, async () => {
    const { session } = await meet(0, "a", { version });
    for (const [keys, isReused] of [
      [keysOf(0, 1), true],
      [keysOf(1, 0), true],
      [keysOf(2, 1, 0), true],
      [keysOf(2, 1), false],
    ] as const) {
      for (const gate of gates) assert.deepEqual(await gate.setTicketKeys(keys), []);
      assert.equal((await meet(1, "a", { version, session })).isReused, isReused);
    }
    for (const gate of gates) await gate.setTicketKeys(keysOf(0));
  });

  test(`${version}: it opens no host of another certificate or of other clients, and hosts that ask take none up`, async () => {
    const sessions = new Map<string, Buffer>();
    const names = ["a", "b", "x", "y", "z"];
    for (const name of names) sessions.set(name, (await meet(0, name, { version })).session);
    const reused: string[] = [];
    for (const [from, session] of sessions)
      for (const to of names)
        if ((await meet(1, to, { version, session: renamed(session, from, to) })).isReused)
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
