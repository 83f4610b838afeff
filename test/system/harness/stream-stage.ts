/** A gate before servers that are not HTTP: an echo by TCP, one by UDP, and one by TLS that says its own name. */

import dgram from "node:dgram";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";
import { loadAll } from "js-yaml";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";
import { freePorts } from "./real-envoy.ts";
import { startTestGate, type TestGate, type TestGateSettings } from "./test-gate.ts";

export interface StreamStage extends AsyncDisposable {
  readonly gate: TestGate;
  /** Free ports for listeners: the first two by TCP, the last one by UDP. */
  readonly ports: { readonly one: number; readonly two: number; readonly udp: number };
  /** Where the server behind the Service `other` listens. */
  readonly other: number;
  /** Makes these manifests all there is, beside the Services `echo`, `other`, `secure` and the Secret `gate-tls`. */
  readonly apply: (manifests: string) => Promise<void>;
  /** The same, and what Envoy refused of it. */
  readonly tryOut: (manifests: string) => Promise<readonly string[]>;
}

/** The names in the certificates of the server by TLS, and of the gate. */
export const backendName = "backend.test";
export const gateName = "gate.test";

export async function startStreamStage(settings: TestGateSettings = {}): Promise<StreamStage> {
  await using undo = new AsyncDisposableStack();
  const gate = undo.use(await startTestGate(settings));
  const { one, two } = await freePorts("one", "two");
  const udp = await freeUdpPort();
  const [echo, other] = [await startEcho("echo", undo), await startEcho("other", undo)];
  const secure = await startSecure(undo);
  const datagrams = await startUdpEcho(undo);
  const fixed = [
    ...service("echo", { tcp: echo, udp: datagrams }),
    ...service("other", { tcp: other }),
    ...service("secure", { tcp: secure }),
    tlsSecret("gate-tls", selfSigned([gateName])) as unknown as Raw,
  ];
  const tryOut = async (manifests: string): Promise<readonly string[]> => {
    const given = (loadAll(manifests) as (Raw | null)[]).filter((each) => each !== null);
    return await gate.apply([...given, ...fixed].map(toObject));
  };
  const running = undo.move();
  return {
    gate,
    ports: { one, two, udp },
    other,
    tryOut,
    apply: async (manifests) => {
      const refused = await tryOut(manifests);
      if (refused.length > 0) throw new Error(`Envoy refused:\n${refused.join("\n")}`);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What comes back for a line by TCP, or by TLS for a name; rejects when the connection ends before. */
export async function askLine(port: number, line: string, serverName?: string): Promise<string> {
  const socket = await openStream(port, serverName);
  try {
    return await lineOf(socket, line);
  } finally {
    socket.destroy();
  }
}

/** A connection, by TLS when a name is given. */
export async function openStream(port: number, serverName?: string): Promise<Socket> {
  const socket =
    serverName === undefined
      ? net.connect({ host: "127.0.0.1", port })
      : tls.connect({ host: "127.0.0.1", port, servername: serverName, rejectUnauthorized: false });
  await once(socket, serverName === undefined ? "connect" : "secureConnect");
  // Whoever reads hears of an end; nobody else minds how it came.
  socket.on("error", () => socket.destroy());
  return socket;
}

/** Waits until nobody listens on the port any more. */
export async function untilClosed(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect({ host: "127.0.0.1", port });
    try {
      await once(socket, "connect");
    } catch {
      return;
    } finally {
      socket.destroy();
    }
  }
}

/** What comes back for a line on a connection that is open. */
export async function lineOf(socket: Socket, line: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once("data", (data: Buffer) => resolve(data.toString()));
  socket.once("close", () => reject(new Error("the connection was closed")));
  socket.once("error", reject);
  socket.write(line);
  return await promise;
}

/** What comes back for a datagram. */
export async function askDatagram(port: number, text: string): Promise<string> {
  const socket = dgram.createSocket("udp4");
  try {
    const answer = once(socket, "message") as Promise<[Buffer]>;
    socket.send(text, port, "127.0.0.1");
    const [message] = await answer;
    return message.toString();
  } finally {
    socket.close();
  }
}

/** Sends a datagram and waits for nothing. */
export async function sendDatagram(port: number, text: string): Promise<void> {
  const socket = dgram.createSocket("udp4");
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.send(text, port, "127.0.0.1", () => resolve());
  await promise;
  socket.close();
}

/** Answers each text with its own name before it. */
export async function startEcho(name: string, undo: AsyncDisposableStack): Promise<number> {
  return await listening(
    net.createServer((socket) => answerLines(socket, name)),
    undo,
  );
}

async function startSecure(undo: AsyncDisposableStack): Promise<number> {
  const { certificate, key } = selfSigned([backendName]);
  const server = tls.createServer({ cert: certificate, key }, (socket) =>
    answerLines(socket, `secure for ${String(socket.servername)}`),
  );
  return await listening(server, undo);
}

function answerLines(socket: Socket, name: string): void {
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => socket.write(`${name}: ${String(data)}`));
}

async function listening(server: net.Server, undo: AsyncDisposableStack): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.defer(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** Answers each datagram with `udp` before it. */
export async function startUdpEcho(undo: AsyncDisposableStack): Promise<number> {
  const socket = dgram.createSocket("udp4");
  socket.on("message", (message, { port, address }) =>
    socket.send(`udp: ${message.toString()}`, port, address),
  );
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  undo.defer(() => void socket.close());
  return socket.address().port;
}

/** A port that nobody has by UDP. */
export async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

interface Raw extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<KubeObject["metadata"]> & JsonObject;
}

function toObject({ apiVersion, kind, metadata, ...body }: Raw): KubeObject {
  const { name = "", namespace = "default" } = metadata;
  const uid = `${kind}-${namespace}-${name}`;
  return storedObject({ apiVersion, kind, metadata: { ...metadata, name, namespace, uid }, body });
}

/** A Service with port 53 by TCP and, where there is one, by UDP. */
function service(
  name: string,
  targets: { readonly tcp: number; readonly udp?: number },
): readonly Raw[] {
  const metadata = { name, namespace: "default" };
  const ports = Object.entries(targets).map(([transport, port]) => ({
    name: transport,
    protocol: transport.toUpperCase(),
    port,
  }));
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"] }],
    ports,
  };
  const spec = { ports: ports.map((port) => ({ ...port, port: 53 })) };
  return [{ apiVersion: "v1", kind: "Service", metadata, spec }, slice];
}
