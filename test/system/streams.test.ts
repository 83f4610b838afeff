import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TLSSocket } from "node:tls";
import {
  askDatagram,
  askLine,
  backendName,
  gateName,
  lineOf,
  openStream,
  type StreamStage,
  startStreamStage,
  untilClosed,
} from "./stream-stage.ts";

/** The GlobalConfiguration with the stage's ports. */
function listeners({ ports }: StreamStage): string {
  return `apiVersion: k8s.nginx.org/v1
kind: GlobalConfiguration
metadata: {name: ports}
spec:
  listeners:
    - {name: one, protocol: TCP, port: ${ports.one}}
    - {name: two, protocol: TCP, port: ${ports.two}}
    - {name: datagrams, protocol: UDP, port: ${ports.udp}}
---
`;
}

interface Asked {
  readonly listener: string;
  readonly protocol?: string;
  readonly service?: string;
  /** More of the spec, as YAML in flow style. */
  readonly more?: string;
  /** Default: as old as all others. */
  readonly created?: string;
}

function server(name: string, asked: Asked): string {
  const { listener, protocol = "TCP", service = "echo", more = "", created } = asked;
  const stamp = created === undefined ? "" : `, creationTimestamp: "${created}"`;
  return `apiVersion: k8s.nginx.org/v1
kind: TransportServer
metadata: {name: ${name}${stamp}}
spec:
  listener: {name: ${listener}, protocol: ${protocol}}
  upstreams: [{name: up, service: ${service}, port: 53}]
  action: {pass: up}
  ${more}
---
`;
}

function passthrough(name: string, host: string, more: Partial<Asked> = {}): string {
  const listener = { listener: "tls-passthrough", protocol: "TLS_PASSTHROUGH" };
  return server(name, { ...listener, service: "secure", more: `host: ${host}`, ...more });
}

/** How many listeners drain: those that were removed or have another frame. */
function draining({ gate }: StreamStage): Promise<string> {
  return gate.admin("/stats?filter=total_listeners_draining");
}

const terminated = `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web}
spec:
  host: ${gateName}
  tls: {secret: gate-tls}
  routes: [{path: /, action: {return: {body: from the gate}}}]
---
`;

for (const certificates of ["chains", "on-demand"] as const) {
  describe(`what is not HTTP, with certificates: ${certificates}`, () => {
    const everything = new AsyncDisposableStack();
    let stage: StreamStage;
    before(async () => {
      stage = everything.use(await startStreamStage({ certificates }));
    });
    after(() => everything.disposeAsync());

    test("a port by TCP and one by UDP each reach their Service, also of one number there", async () => {
      await stage.apply(
        listeners(stage) +
          server("tcp", { listener: "one" }) +
          server("udp", { listener: "datagrams", protocol: "UDP" }),
      );
      assert.equal(await askLine(stage.ports.one, "hello"), "echo: hello");
      assert.equal(await askDatagram(stage.ports.udp, "hello"), "udp: hello");
    });

    test("a handshake for a host that is passed on meets the backend, others meet the gate", async () => {
      await stage.apply(terminated + passthrough("pass", backendName));
      const { https } = stage.gate;
      assert.equal(await askLine(https, "hello", backendName), `secure for ${backendName}: hello`);
      const own = (await openStream(https, gateName)) as TLSSocket;
      assert.equal(own.getPeerCertificate().subject.CN, gateName);
      own.destroy();
    });

    test("TLS can end at the gate, and what is in it goes on by TCP", async () => {
      await stage.apply(
        listeners(stage) +
          server("plain", { listener: "one", more: "tls: {secret: gate-tls}" }) +
          server("named", {
            ...{ listener: "two", service: "other" },
            more: `host: ${gateName}\n  tls: {secret: gate-tls}`,
          }),
      );
      assert.equal(await askLine(stage.ports.one, "hello", "any.test"), "echo: hello");
      assert.equal(await askLine(stage.ports.two, "hello", gateName), "other: hello");
      await assert.rejects(askLine(stage.ports.two, "hello", "stranger.test"));
    });

    test("a connection outlives every change that is not about it", async () => {
      const first = listeners(stage) + server("tcp", { listener: "one" });
      await stage.apply(first + passthrough("pass", backendName));
      const held = await openStream(stage.ports.one);
      const passed = await openStream(stage.gate.https, backendName);
      assert.equal(await lineOf(held, "before"), "echo: before");
      const before = await draining(stage);
      await stage.apply(
        first + terminated + passthrough("pass", backendName) + passthrough("more", "more.test"),
      );
      await stage.apply(
        first + server("new", { listener: "two" }) + passthrough("pass", backendName),
      );
      assert.equal(await lineOf(held, "after"), "echo: after");
      assert.equal(await draining(stage), before);
      assert.equal(await lineOf(passed, "after"), `secure for ${backendName}: after`);
      held.destroy();
      passed.destroy();
    });

    test("the younger of two on one listener has it once the older one is gone", async () => {
      const old = server("old", { listener: "one", created: "2024-01-01T00:00:00Z" });
      const young = server("young", {
        ...{ listener: "one", service: "other", created: "2025-01-01T00:00:00Z" },
      });
      await stage.apply(listeners(stage) + young + old);
      assert.equal(await askLine(stage.ports.one, "who"), "echo: who");
      await stage.apply(listeners(stage) + young);
      assert.equal(await askLine(stage.ports.one, "who"), "other: who");
    });

    test("a listener that nobody uses any more is closed", async () => {
      await stage.apply(listeners(stage) + server("tcp", { listener: "one" }));
      assert.equal(await askLine(stage.ports.one, "hello"), "echo: hello");
      await stage.apply(listeners(stage));
      await untilClosed(stage.ports.one);
    });
  });
}
