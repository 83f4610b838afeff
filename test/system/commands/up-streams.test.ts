/** `sekisho up` with ports by TCP and UDP: served, shown, explained, and kept over the death of the control plane. */

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import type { AccessRecord } from "#envoy/access-record.ts";
import { runCommand } from "../harness/commands.ts";
import { freePorts } from "../harness/real-envoy.ts";
import { type RunningSekisho, startSekisho } from "../harness/sekisho.ts";
import { type ServedDirectory, serveDirectory } from "../harness/served-directory.ts";
import {
  askDatagram,
  askLine,
  freeUdpPort,
  lineOf,
  openStream,
  startEcho,
  startUdpEcho,
} from "../harness/stream-stage.ts";

const undo = new AsyncDisposableStack();
let served: ServedDirectory;
let running: RunningSekisho;
let tcp = 0;
let udp = 0;

before(async () => {
  const targets = { tcp: await startEcho("echo", undo), udp: await startUdpEcho(undo) };
  ({ tcp } = await freePorts("tcp"));
  udp = await freeUdpPort();
  served = undo.use(
    serveDirectory({
      "service.yaml": service(targets),
      "ports.yaml": ports(),
      "tcp.yaml": server("tcp", "TCP"),
      "udp.yaml": server("udp", "UDP"),
    }),
  );
  running = await startSekisho(["up", served.path]);
  undo.defer(async () => void (await running.stop()));
});

after(() => undo.disposeAsync());

function ports(): string {
  return `apiVersion: k8s.nginx.org/v1
kind: GlobalConfiguration
metadata: {name: ports}
spec:
  listeners:
    - {name: tcp, protocol: TCP, port: ${tcp}}
    - {name: udp, protocol: UDP, port: ${udp}}
`;
}

function server(name: string, protocol: string): string {
  return `apiVersion: k8s.nginx.org/v1
kind: TransportServer
metadata: {name: ${name}}
spec:
  listener: {name: ${name}, protocol: ${protocol}}
  upstreams: [{name: echo, service: echo, port: 7}]
  action: {pass: echo}
`;
}

function service(targets: { readonly tcp: number; readonly udp: number }): string {
  return `apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  ports:
    - {name: tcp, port: 7}
    - {name: udp, port: 7, protocol: UDP}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: echo, labels: {kubernetes.io/service-name: echo}}
addressType: IPv4
endpoints: [{addresses: [127.0.0.1]}]
ports:
  - {name: tcp, port: ${targets.tcp}}
  - {name: udp, port: ${targets.udp}, protocol: UDP}
`;
}

test("ports are served and shown, and the access log says which line of which file decided", async () => {
  const { status } = (await running.next(({ event }) => event === "ready")) as unknown as {
    readonly status: { readonly urls: readonly string[] };
  };
  assert.deepEqual(status.urls.toSorted(), [`tcp://127.0.0.1:${tcp}`, `udp://127.0.0.1:${udp}`]);
  assert.equal(await askLine(tcp, "hello"), "echo: hello");
  assert.equal(await askDatagram(udp, "hello"), "udp: hello");
  const { record, place } = (await running.next(({ event }) => event === "access")) as unknown as {
    readonly record: AccessRecord;
    readonly place: { readonly line: number };
  };
  assert.equal(record.route, "TransportServer/default/tcp spec.listener");
  assert.equal(record.method, undefined);
  assert.equal(place.line, 5);
});

/** Does something to the files, and waits until that is found, or found no more. */
async function andThen(act: () => void, event: string, reason: string): Promise<void> {
  const from = running.events.length;
  act();
  await running.next((one) => one.event === event && one["reason"] === reason, from);
}

/** More looks than any change takes, also on a machine with much else to do. */
const mostLooks = 2000;

/** Asks until the kind's rows are these, by name, state and reason. */
async function untilRows(kind: string, ...wanted: readonly string[]): Promise<void> {
  let shown: readonly string[] = [];
  for (let look = 0; look < mostLooks; look++) {
    const { out } = await runCommand(["get", kind, "--data", running.data]);
    const rows = out.trim().split("\n").slice(1);
    shown = rows.map((line) => line.split(/ {2,}/).slice(0, 3).join(" "));
    if (shown.join() === wanted.join()) return;
  }
  assert.deepEqual(shown, wanted);
}

test("TransportServers say how they stand, in the columns that users know", async () => {
  await untilRows("transportservers", "tcp Valid AddedOrUpdated", "udp Valid AddedOrUpdated");
  const { out } = await runCommand(["get", "transportservers", "--data", running.data]);
  assert.match(out, /^NAME +STATE +REASON +AGE\n/);
});

test("who came later for a listener or a host is told, and has it when the older one goes", async () => {
  const others = [
    server("young", "TCP").replace("{name: young, protocol", "{name: tcp, protocol"),
    `apiVersion: k8s.nginx.org/v1
kind: VirtualServer
metadata: {name: web}
spec: {host: a.test, routes: [{path: /, action: {return: {body: web}}}]}
`,
  ].join("---\n");
  // Of two that came in the same second the first by kind and name is the older one: these are.
  const passing = server("passing", "TLS_PASSTHROUGH").replace(
    "name: passing, p",
    "name: tls-passthrough, p",
  );
  served.write("passing.yaml", `${passing}  host: a.test\n`);
  const older = ["tcp Valid AddedOrUpdated", "udp Valid AddedOrUpdated"];
  await untilRows("transportservers", "passing Valid AddedOrUpdated", ...older);
  await andThen(() => served.write("others.yaml", others), "finding", "ListenerTaken");
  await untilRows(
    "transportservers",
    ...["passing Valid AddedOrUpdated", ...older, "young Warning Rejected"],
  );
  await untilRows("virtualservers", "web Warning a.test");
  const { out } = await runCommand(["describe", "vs", "web", "--data", running.data]);
  assert.match(out, /Host is taken by another resource: TransportServer\/default\/passing/);
  await andThen(() => served.remove("tcp.yaml"), "resolved", "ListenerTaken");
  await andThen(() => served.remove("passing.yaml"), "resolved", "HostTaken");
  await untilRows("transportservers", "udp Valid AddedOrUpdated", "young Valid AddedOrUpdated");
  await untilRows("virtualservers", "web Valid a.test");
  assert.equal(await askLine(tcp, "hello"), "echo: hello");
  served.remove("others.yaml");
  served.write("tcp.yaml", server("tcp", "TCP"));
  await untilRows("transportservers", "tcp Valid AddedOrUpdated", "udp Valid AddedOrUpdated");
});

test("explain says who takes what comes at a port, and that nobody does", async () => {
  const explain = async (url: string): Promise<string> =>
    (await runCommand(["explain", url, "--data", running.data])).out;
  const asked = await explain(`tcp://127.0.0.1:${tcp}`);
  assert.match(asked, new RegExp(`^tcp://127\\.0\\.0\\.1:${tcp}: passed on\n`));
  assert.match(asked, /tcp\.yaml:5 {2}TransportServer\/default\/tcp spec\.listener/);
  assert.match(asked, /default\/echo:7\+tcp/);
  assert.match(await explain(`udp://127.0.0.1:${udp}`), /default\/echo:7\+udp/);
  assert.match(await explain("tcp://127.0.0.1:1"), /: refused\n/);
});

test("connections live on when the control plane is killed, adopted and given other settings", async () => {
  const held = await openStream(tcp);
  assert.equal(await lineOf(held, "one"), "echo: one");
  await running.kill();
  assert.equal(await lineOf(held, "two"), "echo: two");
  assert.equal(await askDatagram(udp, "alone"), "udp: alone");
  const settings = path.join(running.data, "sekisho.yaml");
  await writeFile(settings, "routeStatistics: true\nhotRestartSeconds: 600\n");
  running = await startSekisho(["up", served.path, "--config", settings], running);
  assert.equal(await lineOf(held, "three"), "echo: three");
  assert.equal(await askLine(tcp, "anew"), "echo: anew");
  assert.equal(await askDatagram(udp, "anew"), "udp: anew");
  held.destroy();
});
