/** An RSA and an ECDSA certificate of one host, by a real Envoy: who gets which, and what their renewal disturbs. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { TLSSocket } from "node:tls";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";
import { connect, http1Text } from "../harness/wire-client.ts";

const everything = new AsyncDisposableStack();
const gates = new Map<string, TestGate>();

before(async () => {
  for (const certificates of ["chains", "on-demand"] as const)
    gates.set(certificates, everything.use(await startTestGate({ certificates })));
});

after(() => everything.disposeAsync());

const names = ["shop.test", "*.shop.test"] as const;
const rsa = selfSigned(names, "rsa");
const ecdsa = selfSigned(names);
const ofOthers = selfSigned(["others.test"]);

const listenerStats = "/stats?filter=listener_manager.listener_(added|modified|in_place_updated)";

const abilities = {
  "RSA alone": "rsa_pss_rsae_sha256:RSA+SHA256",
  "ECDSA alone": "ECDSA+SHA256",
  both: "ECDSA+SHA256:rsa_pss_rsae_sha256:RSA+SHA256",
};

function secret(name: string, { certificate, key }: SelfSigned): KubeObject {
  const data = { "tls.crt": btoa(certificate), "tls.key": btoa(key) };
  const metadata = { namespace: "default", name };
  return storedObject({
    ...{ apiVersion: "v1", kind: "Secret", metadata, body: { type: "kubernetes.io/tls", data } },
  });
}

function shop(secrets: readonly string[]): KubeObject {
  const tls = secrets.map((secretName) => ({ hosts: ["shop.test", "*.shop.test"], secretName }));
  return storedObject({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { namespace: "default", name: "shop", uid: "shop" },
    body: { spec: { tls } },
  });
}

async function handshake(
  gate: TestGate,
  signatures: string,
  more: { readonly serverName?: string; readonly version?: "TLSv1.2" | "TLSv1.3" } = {},
): Promise<TLSSocket> {
  const { serverName = "shop.test", ...rest } = more;
  const tls = { serverName, signatures, ...rest };
  const socket = await connect({ port: gate.https, tls });
  assert.ok(socket instanceof TLSSocket);
  return socket;
}

/** The certificate that is shown, as PEM. */
async function shown(...asked: Parameters<typeof handshake>): Promise<string> {
  const socket = await handshake(...asked);
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return certificate?.toString() ?? "none";
}

function gateOf(layout: string): TestGate {
  const gate = gates.get(layout);
  assert.ok(gate);
  return gate;
}

function reasons(gate: TestGate): readonly string[] {
  return gate.pipeline.findings().map(({ reason }) => reason);
}

for (const order of [
  ["rsa", "ecdsa"],
  ["ecdsa", "rsa"],
]) {
  test(`chains: each client gets the one that it can use, when ${order.join(" is named before ")}`, async () => {
    const gate = gateOf("chains");
    const world = [shop(order), secret("rsa", rsa), secret("ecdsa", ecdsa)];
    assert.deepEqual(await gate.apply(world), []);
    assert.deepEqual(reasons(gate), []);
    for (const serverName of ["shop.test", "a.shop.test"]) {
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const more = { serverName, version };
        assert.equal(await shown(gate, abilities["RSA alone"], more), rsa.certificate);
        assert.equal(await shown(gate, abilities["ECDSA alone"], more), ecdsa.certificate);
        assert.equal(await shown(gate, abilities.both, more), ecdsa.certificate);
      }
    }
  });
}

test("chains: the renewal of either reaches new handshakes, touches no listener and ends no connection", async () => {
  const gate = gateOf("chains");
  await gate.apply([shop(["rsa", "ecdsa"]), secret("rsa", rsa), secret("ecdsa", ecdsa)]);
  const listeners = await gate.admin(listenerStats);
  const kept = await handshake(gate, abilities.both);
  const newRsa = selfSigned(names, "rsa");
  await gate.apply([shop(["rsa", "ecdsa"]), secret("rsa", newRsa), secret("ecdsa", ecdsa)]);
  assert.equal(await shown(gate, abilities["RSA alone"]), newRsa.certificate);
  assert.equal(await shown(gate, abilities["ECDSA alone"]), ecdsa.certificate);
  const newEcdsa = selfSigned(names);
  await gate.apply([shop(["rsa", "ecdsa"]), secret("rsa", newRsa), secret("ecdsa", newEcdsa)]);
  assert.equal(await shown(gate, abilities["RSA alone"]), newRsa.certificate);
  assert.equal(await shown(gate, abilities["ECDSA alone"]), newEcdsa.certificate);
  const now = await gate.admin(listenerStats);
  assert.equal(now, listeners);
  kept.write(http1Text("/", ["Host: shop.test"]));
  const [answer] = await once(kept, "data");
  assert.match(String(answer), /^HTTP\/1.1 404/);
  kept.destroy();
});

test("chains: what cannot be paired leaves the first one alone", async () => {
  const gate = gateOf("chains");
  const second = {
    "it is missing": [],
    "it is for other names": [secret("second", ofOthers)],
    "it has a key of the same type": [secret("second", selfSigned(names, "rsa"))],
  };
  for (const [case_, secrets] of Object.entries(second)) {
    await gate.apply([shop(["rsa", "second"]), secret("rsa", rsa), ...secrets]);
    assert.equal(await shown(gate, abilities.both), rsa.certificate, case_);
    assert.ok(reasons(gate).includes("CertificateConflict"), case_);
  }
});

test("on-demand: all clients get the one that is named first, and the other is told", async () => {
  const gate = gateOf("on-demand");
  await gate.apply([shop(["rsa", "ecdsa"]), secret("rsa", rsa), secret("ecdsa", ecdsa)]);
  assert.equal(await shown(gate, abilities.both), rsa.certificate);
  assert.deepEqual(reasons(gate), ["CertificateNotPaired", "CertificateNotPaired"]);
  await assert.rejects(shown(gate, abilities["ECDSA alone"]));
});
