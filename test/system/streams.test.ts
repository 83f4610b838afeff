import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { cidrRangeOf } from "#envoy/listeners/network.ts";
import {
  askDatagram,
  askLine,
  backendName,
  gateName,
  lineOf,
  openStream,
  type StreamStage,
  sendDatagram,
  startStreamStage,
  untilClosed,
} from "./harness/stream-stage.ts";
import { http1Text, sendText } from "./harness/wire-client.ts";

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

describe("what is not HTTP, when something is in the way", () => {
  const everything = new AsyncDisposableStack();
  let stage: StreamStage;
  let closed: StreamStage;
  before(async () => {
    const resolve = (name: string): readonly string[] =>
      name === "backup.test" ? ["127.0.0.1"] : [];
    stage = everything.use(await startStreamStage({ resolve }));
    const allowedClients = [cidrRangeOf("192.0.2.1")];
    closed = everything.use(await startStreamStage({ listeners: { allowedClients } }));
  });
  after(() => everything.disposeAsync());

  test("who may send no requests gets through no port and is not passed on", async () => {
    await closed.apply(
      listeners(closed) +
        server("tcp", { listener: "one" }) +
        server("udp", { listener: "datagrams", protocol: "UDP" }) +
        passthrough("pass", backendName),
    );
    await assert.rejects(askLine(closed.ports.one, "hello"));
    await assert.rejects(openStream(closed.gate.https, backendName));
    await sendDatagram(closed.ports.udp, "hello");
    const dropped = "/stats?filter=udp.stream.downstream_sess_no_route";
    while (!/: [1-9]/.test(await closed.gate.admin(dropped)));
  });

  test("a port that somebody else has harms nobody but who asked for it", async () => {
    const taken = net.createServer().listen(stage.ports.two, "127.0.0.1");
    await once(taken, "listening");
    const both = server("tcp", { listener: "one" }) + server("lost", { listener: "two" });
    const [refused = "", ...more] = await stage.tryOut(listeners(stage) + both);
    assert.match(refused, /Address already in use/);
    assert.deepEqual(more, []);
    assert.equal(await askLine(stage.ports.one, "hello"), "echo: hello");
    const closing = once(taken, "close");
    taken.close();
    await closing;
  });

  test("the gate's own port is not given away, and who asked for it is told", async () => {
    const { http } = stage.gate;
    const configuration = listeners(stage).replace(`port: ${stage.ports.one}`, `port: ${http}`);
    await stage.apply(configuration + server("greedy", { listener: "one" }) + terminated);
    const found = stage.gate.pipeline.findings().find(({ reason }) => reason === "PortTaken");
    assert.equal(found?.origin.name, "greedy");
    const text = http1Text("/", [`Host: ${gateName}`]);
    assert.equal((await sendText({ port: http }, text)).status, 200);
  });

  test("a Secret of another namespace is not shown", async () => {
    const manifest = server("away", { listener: "one", more: "tls: {secret: gate-tls}" });
    const away = manifest.replace("{name: away}", "{name: away, namespace: team-b}");
    await stage.apply(listeners(stage) + away);
    await assert.rejects(openStream(stage.ports.one, gateName));
  });

  test("a connection for a wildcard carries no request for a host below it that is passed on", async () => {
    const wildcard = terminated.replace(`host: ${gateName}`, 'host: "*.test"');
    await stage.apply(wildcard + passthrough("pass", backendName));
    const peer = { port: stage.gate.https, tls: { serverName: "other.test" } };
    const ask = async (host: string): Promise<number> =>
      (await sendText(peer, http1Text("/", [`Host: ${host}`]))).status;
    assert.equal(await ask("other.test"), 200);
    assert.equal(await ask(backendName), 421);
  });

  test("a backup that is known by name gets what nobody else takes", async () => {
    const backup = `apiVersion: v1
kind: Service
metadata: {name: elsewhere}
spec: {type: ExternalName, externalName: backup.test}
---
`;
    const manifest = server("spare", { listener: "one", service: "missing" });
    const behind = `port: 53, backup: elsewhere, backupPort: ${stage.other}}`;
    await stage.apply(listeners(stage) + backup + manifest.replace("port: 53}", behind));
    assert.equal(await askLine(stage.ports.one, "hello"), "other: hello");
  });

  test("what reaches nobody is closed, and the listener goes on", async () => {
    await stage.apply(listeners(stage) + server("nobody", { listener: "one", service: "missing" }));
    await assert.rejects(askLine(stage.ports.one, "hello"));
    await stage.apply(listeners(stage) + server("nobody", { listener: "one" }));
    assert.equal(await askLine(stage.ports.one, "hello"), "echo: hello");
  });
});
