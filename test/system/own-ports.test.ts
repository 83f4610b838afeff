import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { scopeHeader } from "#envoy/internal-headers.ts";
import {
  certificatePem,
  createAuthority,
  createPapers,
} from "#test/fakes/certificates/client-papers.ts";
import { gateName, type StreamStage, startStreamStage } from "./harness/stream-stage.ts";
import { type Peer, sendText } from "./harness/wire-client.ts";

const authority = createAuthority("ours");

/** The GlobalConfiguration with a port for HTTP and one for HTTPS. */
function listeners({ ports }: StreamStage): string {
  return `apiVersion: k8s.nginx.org/v1
kind: GlobalConfiguration
metadata: {name: ports}
spec:
  listeners:
    - {name: web, protocol: HTTP, port: ${ports.one}}
    - {name: secure, protocol: HTTP, port: ${ports.two}, ssl: true}
---
`;
}

function server(name: string, host: string, more = ""): string {
  return `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: ${name}}
spec:
  host: "${host}"
  ${more}
  routes: [{path: /, action: {return: {body: ${name}}}}]
---
`;
}

/** Who is let in nowhere, and who is asked for a certificate by which authority. */
const policies = `apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: {name: nobody}
spec: {accessControl: {allow: [203.0.113.1]}}
---
apiVersion: k8s.nginx.org/v1
kind: Policy
metadata: {name: asked}
spec: {ingressMTLS: {clientCertSecret: authorities}}
---
apiVersion: v1
kind: Secret
metadata: {name: authorities}
type: nginx.org/ca
data: {ca.crt: ${btoa(certificatePem(authority))}}
---
`;

const both = "listener: {http: web, https: secure}\n  tls: {secret: gate-tls}";

for (const certificates of ["chains", "on-demand"] as const) {
  describe(`hosts at ports of their own, with certificates: ${certificates}`, () => {
    const everything = new AsyncDisposableStack();
    let stage: StreamStage;
    before(async () => {
      stage = everything.use(await startStreamStage({ certificates }));
      await stage.apply(
        listeners(stage) +
          server("own", gateName, both) +
          server("wild", "*.wild.test", "listener: {http: web}") +
          server("shop", "shop.test") +
          server("lost", "lost.test", "listener: {http: nowhere}") +
          server("closed", "closed.test", "listener: {http: web}\n  policies: [{name: nobody}]") +
          server("shut", "*.shut.test", "listener: {http: web}\n  policies: [{name: nobody}]") +
          server("asking", "asking.test", `${both}\n  policies: [{name: asked}]`) +
          policies,
      );
    });
    after(() => everything.disposeAsync());

    async function ask(peer: Peer, host: string, header = ""): Promise<string> {
      const text = `GET / HTTP/1.1\r\nHost: ${host}\r\n${header}Connection: close\r\n\r\n`;
      const { status, body } = await sendText(peer, text);
      return status === 200 ? body : `${status}`;
    }

    test("a host is served at its own port for HTTP, however it is spelt, and not at the gate's", async () => {
      const { http } = stage.gate;
      const { one: web } = stage.ports;
      for (const spelling of [gateName, `${gateName}:${web}`, "GATE.test", `${gateName}.`])
        assert.equal(await ask({ port: web }, spelling), "own");
      for (const spelling of [gateName, "GATE.test", `${gateName}.`])
        assert.equal(await ask({ port: http }, spelling), "404");
    });

    test("a host is served at its own port for HTTPS, and not at the gate's", async () => {
      const tls = { serverName: gateName };
      assert.equal(await ask({ port: stage.ports.two, tls }, gateName), "own");
      assert.match(await ask({ port: stage.gate.https, tls }, gateName), /404|421/);
    });

    test("hosts without ports of their own are at the gate's ports alone", async () => {
      assert.equal(await ask({ port: stage.gate.http }, "shop.test"), "shop");
      assert.equal(await ask({ port: stage.ports.one }, "shop.test"), "404");
      assert.equal(await ask({ port: stage.ports.one }, "nobody.test"), "404");
    });

    test("a wildcard is at its own port alone", async () => {
      assert.equal(await ask({ port: stage.ports.one }, "a.wild.test"), "wild");
      assert.equal(await ask({ port: stage.ports.one }, "A.b.wild.test:80"), "wild");
      assert.equal(await ask({ port: stage.gate.http }, "a.wild.test"), "404");
    });

    test("a host at one of several own ports is at none of the others", async () => {
      const tls = { serverName: gateName };
      assert.match(await ask({ port: stage.ports.two, tls }, "a.wild.test"), /404|421/);
    });

    test("a host whose listeners are nowhere is nowhere", async () => {
      assert.equal(await ask({ port: stage.gate.http }, "lost.test"), "404");
      assert.equal(await ask({ port: stage.ports.one }, "lost.test"), "404");
    });

    test("who may not pass does not pass there either, however the host is spelt", async () => {
      for (const host of ["closed.test", "CLOSED.test:1", "a.shut.test", "A.b.shut.test."])
        assert.equal(await ask({ port: stage.ports.one }, host), "403");
    });

    test("clients are asked for a certificate there, and get 400 without one", async () => {
      const peer = { port: stage.ports.two, tls: { serverName: "asking.test" } };
      assert.equal(await ask(peer, "asking.test"), "400");
      const papers = createPapers("alice", authority);
      const shown = { ...peer, tls: { ...peer.tls, papers } };
      assert.equal(await ask(shown, "asking.test"), "asking");
      const other = { port: stage.ports.two, tls: { serverName: gateName } };
      assert.equal(await ask(other, "asking.test"), "421");
    });

    test("no header of a client moves it to another port", async () => {
      const header = `x-sekisho-own-port: http/${stage.ports.one}\r\n${scopeHeader}: o/${gateName}\r\n`;
      assert.equal(await ask({ port: stage.gate.http }, gateName, header), "404");
      assert.equal(await ask({ port: stage.gate.http }, "a.wild.test", header), "404");
    });
  });
}
