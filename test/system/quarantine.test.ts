/** Real Envoy refuses one resource of each type in turn: everything else goes on, a person is told where, and mending heals. */

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "#test/simulators/self-signed.ts";
import {
  poisonedAddress,
  poisonedHost,
  poisonedPath,
  poisonedPort,
  privatePath,
} from "./harness/poison.ts";
import { type PoisonedGate, startPoisonedGate } from "./harness/poisoned-gate.ts";
import { http1Text, sendText } from "./harness/wire-client.ts";

const undo = new AsyncDisposableStack();
const pairs = {
  good: selfSigned(["tls.test"]),
  renewed: selfSigned(["tls.test"]),
  poisoned: selfSigned(["tls.test"]),
};
let gate: PoisonedGate | undefined;
let upstreamPort = 0;
let edition = 0;

before(async () => {
  const upstream = http.createServer((request, response) => response.end(request.url));
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  undo.defer(() => void upstream.closeAllConnections());
  undo.defer(() => void upstream.close());
  upstreamPort = (upstream.address() as AddressInfo).port;
  const { certificate } = pairs.poisoned;
  gate = undo.use(await startPoisonedGate(goodFiles(), certificate));
});

after(() => undo.disposeAsync());

function started(): PoisonedGate {
  assert.ok(gate);
  return gate;
}

interface Rule {
  readonly host: string;
  readonly path?: string;
  readonly service?: string;
  readonly port?: number;
  readonly tls?: string;
}

/** The path of the rule stands in line 9, the backend in line 12. */
function ingress(
  name: string,
  { host, path = "/", service = "echo", port = 80, tls }: Rule,
): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
spec:
  rules:
    - host: ${host}
      http:
        paths:
          - path: ${path}
            pathType: Prefix
            backend: { service: { name: ${service}, port: { number: ${port} } } }
${tls === undefined ? "" : `  tls: [{ hosts: [${host}], secretName: ${tls} }]\n`}`;
}

function backend(name: string, address: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ name: http, port: 80 }, { name: bad, port: ${poisonedPort} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [{ addresses: [${address}] }]
ports:
  - { name: http, port: ${upstreamPort} }
  - { name: bad, port: ${upstreamPort} }
`;
}

function secret(pair: keyof typeof pairs): string {
  const { certificate, key } = pairs[pair];
  const stringData = { "tls.crt": certificate, "tls.key": key };
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls" },
    ...{ metadata: { name: "tls" }, stringData },
  });
}

function goodFiles(): Readonly<Record<string, string>> {
  return {
    "echo.yaml": backend("echo", "127.0.0.1"),
    "own.yaml": backend("own", "127.0.0.1"),
    "a.yaml": ingress("a", { host: "a.test", service: "own" }),
    "b.yaml": ingress("b", { host: "b.test" }),
    "shared.yaml": ingress("shared", { host: "a.test", path: "/shared" }),
    "tls.yaml": ingress("tls", { host: "tls.test", tls: "tls" }),
    "secret.json": secret("good"),
  };
}

async function ask(host: string, path: string): Promise<string> {
  const peer = { port: started().http };
  const { status, body } = await sendText(peer, http1Text(path, [`Host: ${host}`]));
  return `${status} ${body}`;
}

async function until(host: string, path: string, answer: string): Promise<void> {
  while ((await ask(host, path)) !== answer);
}

/** Another host gets a path of its own and answers there: everything else goes on. */
async function othersGoOn(): Promise<void> {
  edition += 1;
  const path = `/edition-${edition}`;
  started().write("b.yaml", ingress("b", { host: "b.test", path }));
  await until("b.test", path, `200 ${path}`);
}

interface Case {
  /** Makes it bad, and good again. */
  readonly file: string;
  readonly bad: () => string;
  readonly good: () => string;
  /** The line that the finding names. */
  readonly at: string;
  readonly type: string;
}

const cases: Readonly<Record<string, Case>> = {
  "a route configuration": {
    file: "a.yaml",
    bad: () => ingress("a", { host: "a.test", path: poisonedPath, service: "own" }),
    good: () => ingress("a", { host: "a.test", service: "own" }),
    at: "a.yaml:10",
    type: "routes",
  },
  "a cluster": {
    file: "a.yaml",
    bad: () => ingress("a", { host: "a.test", service: "own", port: poisonedPort }),
    good: () => ingress("a", { host: "a.test", service: "own" }),
    at: "own.yaml:1",
    type: "cluster",
  },
  endpoints: {
    file: "own.yaml",
    bad: () => backend("own", poisonedAddress),
    good: () => backend("own", "127.0.0.1"),
    at: "own.yaml:1",
    type: "endpoints",
  },
  "a secret": {
    file: "secret.json",
    bad: () => secret("poisoned"),
    good: () => secret("renewed"),
    at: "secret.json:1",
    type: "secret",
  },
  "a listener": {
    file: "bad-tls.yaml",
    bad: () => ingress("bad-tls", { host: poisonedHost, tls: "tls" }),
    good: () => ingress("bad-tls", { host: "mended.test" }),
    at: "secret.json:1",
    type: "listener",
  },
  "a scope": {
    file: "bad-scope.yaml",
    bad: () => ingress("bad-scope", { host: `scope.${poisonedHost}` }),
    good: () => ingress("bad-scope", { host: "mended-scope.test" }),
    at: "bad-scope.yaml:7",
    type: "scope",
  },
};

for (const [what, { file, bad, good, at, type }] of Object.entries(cases)) {
  test(`when Envoy refuses ${what}, all else goes on, and mending heals it`, async (t: TestContext) => {
    const { write, untilRefused, refusals, gate: running } = started();
    write(file, bad());
    await untilRefused((all) =>
      all.some((one) => one.message.startsWith(`Envoy refused ${type} `)),
    );
    assert.deepEqual(
      refusals().map((one) => one.at),
      [at],
      JSON.stringify(refusals()),
    );
    await othersGoOn();
    await running.xds.programmed();
    if (type !== "cluster") assert.equal(await ask("a.test", "/x"), "200 /x");
    assert.equal(await ask("a.test", "/shared/x"), "200 /shared/x");
    assert.equal(await commonName(), "tls.test");
    const mended = performance.now();
    write(file, good());
    await untilRefused((all) => all.length === 0);
    await running.xds.programmed();
    t.diagnostic(`healed after ${Math.round(performance.now() - mended)} ms`);
    await until("a.test", "/x", "200 /x");
    await othersGoOn();
  });
}

/** The name in the certificate that a handshake for tls.test shows. */
async function commonName(): Promise<string> {
  const socket = connectTls({
    ...{ host: "127.0.0.1", port: started().https },
    ...{ servername: "tls.test", rejectUnauthorized: false },
  });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return `${CN}`;
}

test("a refused change that keeps people out leaves no way in: the host answers 503 until it is mended", async () => {
  const { write, untilRefused, gate: running } = started();
  assert.equal(await ask("b.test", `/edition-${edition}`), `200 /edition-${edition}`);
  const guarded = ingress("b", { host: "b.test", path: privatePath });
  const poisoned = guarded.replace(
    "    - host",
    `    - host: b.test
      http:
        paths:
          - path: ${poisonedPath}
            pathType: Prefix
            backend: { service: { name: echo, port: { number: 80 } } }
    - host`,
  );
  write("b.yaml", poisoned);
  await untilRefused((all) => all.length === 1);
  await running.xds.programmed();
  assert.equal(await ask("b.test", `/edition-${edition}`), "503 ");
  write("b.yaml", guarded);
  await untilRefused((all) => all.length === 0);
  await running.xds.programmed();
  assert.equal(await ask("b.test", "/anything"), "401 ");
});

test("of two objects that share a host only the refused one answers 503 when both have changed", async () => {
  const { write, untilRefused, gate: running } = started();
  const good = started();
  write("a.yaml", ingress("a", { host: "a.test", path: poisonedPath, service: "own" }));
  await untilRefused((all) => all.length === 1);
  write("shared.yaml", ingress("shared", { host: "a.test", path: "/moved" }));
  await until("a.test", "/moved/x", "200 /moved/x");
  await running.xds.programmed();
  assert.deepEqual(
    good.refusals().map(({ at }) => at),
    ["a.yaml:10"],
  );
  write("a.yaml", ingress("a", { host: "a.test", service: "own" }));
  await untilRefused((all) => all.length === 0);
  await until("a.test", "/x", "200 /x");
});
