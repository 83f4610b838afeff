/** Handshakes of a certificate authority with a real Envoy: they end in what shows a name to be ours, and nobody else meets that. */

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";
import type { JsonObject } from "#base/json.ts";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { selfSigned } from "#test/simulators/self-signed.ts";
import { startTestGate, type TestGate } from "../harness/test-gate.ts";

interface Shaken {
  /** Undefined: the handshake was refused. */
  readonly names?: string | undefined;
  readonly protocol?: string | undefined;
  readonly certificate?: X509Certificate;
  readonly answer?: string;
}

const longestMs = 10_000;

/** One handshake, and one request over what it led to. */
async function shake(gate: TestGate, servername: string, protocols?: string[]): Promise<Shaken> {
  const ALPNProtocols = protocols === undefined ? {} : { ALPNProtocols: protocols };
  const socket = tls.connect({
    ...{ host: "127.0.0.1", port: gate.https, servername, rejectUnauthorized: false },
    ...ALPNProtocols,
  });
  socket.setTimeout(longestMs, () => socket.destroy(new Error("no answer")));
  try {
    await once(socket, "secureConnect");
  } catch {
    return {};
  }
  const certificate = new X509Certificate(socket.getPeerCertificate().raw);
  const protocol = socket.alpnProtocol || undefined;
  const answer = protocol === "h2" ? "" : await answerOver(socket, servername);
  socket.destroy();
  return { names: certificate.subjectAltName, protocol, certificate, answer };
}

/** The text of the answer to a request; whoever closes the connection is not waited for. */
async function answerOver(socket: tls.TLSSocket, host: string): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  let text = "";
  for await (const part of socket) {
    text += part;
    const [head = "", body] = text.split("\r\n\r\n");
    const [, length] = /content-length: (\d+)/.exec(head) ?? [];
    if (body !== undefined && body.length >= Number(length)) break;
  }
  return text;
}

function challenge(host: string): KubeObject {
  return storedObject({
    apiVersion: "acme.cert-manager.io/v1",
    kind: "Challenge",
    metadata: { name: host, namespace: "shop", generation: 1 },
    body: {
      spec: {
        ...{ url: "https://ca.test/c/1", authorizationURL: "https://ca.test/a/1", dnsName: host },
        ...{ type: "TLS-ALPN-01", token: "t0ken", key: `t0ken.${host}` },
        ...{ solver: { http01: { ingress: {} } }, issuerRef: { name: "prod" } },
      },
    },
    status: { processing: true, state: "pending" },
  });
}

function server(name: string, host: string, more: JsonObject = {}): KubeObject {
  const routes = [{ path: "/", action: { return: { body: "page" } } }];
  return storedObject({
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { name },
    body: { spec: { host, routes, tls: { secret: name }, ...more } },
  });
}

function secret(name: string, host: string): KubeObject {
  const { certificate, key } = selfSigned([host]);
  const stringData = { "tls.crt": certificate, "tls.key": key };
  return storedObject({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name } },
    body: { type: "kubernetes.io/tls", stringData },
  });
}

const world = [
  ...[secret("named", "a.test"), server("named", "a.test")],
  ...[secret("wild", "*.w.test"), server("wild", "*.w.test")],
];
const answered = ["a.test", "a.w.test", "nobody.test"];
const authority = ["acme-tls/1"];

for (const certificates of ["chains", "on-demand"] as const) {
  describe(`with certificates in ${certificates}`, () => {
    const everything = new AsyncDisposableStack();
    let gate: TestGate;
    /** Nobody here is among its clients. */
    let closed: TestGate;

    before(async () => {
      gate = everything.use(await startTestGate({ certificates }));
      const allowedClients = [cidrRangeOf("192.0.2.1")];
      closed = everything.use(await startTestGate({ certificates, listeners: { allowedClients } }));
    });

    after(() => everything.disposeAsync());

    async function proves(at: TestGate, host: string): Promise<void> {
      const { names, protocol, certificate, answer } = await shake(at, host, authority);
      assert.equal(names, `DNS:${host}`);
      assert.equal(protocol, "acme-tls/1");
      const digest = createHash("sha256").update(`t0ken.${host}`).digest();
      // RFC 8737 §3: critical, id-pe-acmeIdentifier, an OCTET STRING in an OCTET STRING.
      const extension = Buffer.concat([
        Buffer.from("06082b0601050507011f0101ff04220420", "hex"),
        digest,
      ]);
      assert.ok(certificate?.raw.includes(extension), "the key authorization is shown");
      assert.match(answer ?? "", /^HTTP\/1\.1 404 /, "whatever is asked is no route's");
    }

    test("an authority is shown names that are served, that a wildcard serves, and that nobody serves", async () => {
      assert.deepEqual(await gate.apply([...world, ...answered.map(challenge)]), []);
      for (const host of answered) await proves(gate, host);
    });

    test("everybody else meets what was there before, meanwhile and behind it", async () => {
      for (const objects of [world, [...world, ...answered.map(challenge)], world]) {
        assert.deepEqual(await gate.apply(objects), []);
        for (const [host, name] of [
          ["a.test", "a.test"],
          ["a.w.test", "*.w.test"],
          ["b.w.test", "*.w.test"],
        ] as const) {
          for (const protocols of [undefined, ["h2", "http/1.1"], ["http/1.1"]]) {
            const { names, answer, protocol } = await shake(gate, host, protocols);
            assert.equal(names, `DNS:${name}`);
            if (protocol !== "h2") assert.match(answer ?? "", /page$/);
          }
        }
        assert.deepEqual(await shake(gate, "nobody.test"), {});
      }
    });

    test("behind a challenge, and for a name that has none, no certificate of one is shown", async () => {
      await gate.apply([...world, challenge("a.test")]);
      await gate.apply([...world, challenge("a.w.test")]);
      for (const host of ["a.test", "b.w.test"]) {
        const { names, protocol, certificate } = await shake(gate, host, authority);
        assert.equal(protocol, undefined);
        assert.ok(names?.startsWith("DNS:"));
        assert.ok(!certificate?.raw.includes(Buffer.from("2b0601050507011f", "hex")));
      }
    });

    test("an authority need not be among the clients that are let in", async () => {
      assert.deepEqual(await closed.apply([...world, challenge("a.test")]), []);
      await proves(closed, "a.test");
      assert.match((await shake(closed, "a.test")).answer ?? "", /^HTTP\/1\.1 403 /);
    });

    test("a challenge that comes and goes closes no connection of the host", async () => {
      await gate.apply(world);
      const socket = tls.connect({
        ...{ host: "127.0.0.1", port: gate.https, servername: "a.test" },
        rejectUnauthorized: false,
      });
      await once(socket, "secureConnect");
      await gate.apply([...world, challenge("a.test")]);
      await gate.apply(world);
      assert.match(await answerOver(socket, "a.test"), /page$/);
      socket.destroy();
    });
  });
}
