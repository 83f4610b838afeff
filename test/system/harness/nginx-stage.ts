/** A gate with VirtualServers before a backend that says what reached it, for tests that judge answers. */

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { loadAll } from "js-yaml";
import type { JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import { startTestGate, type TestGate, type TestGateSettings } from "./test-gate.ts";

export interface NginxStage extends AsyncDisposable {
  readonly gate: TestGate;
  /** Makes these manifests all there is, beside Services `tea-svc` and `coffee-svc` with one pod each. */
  readonly apply: (manifests: string) => Promise<void>;
  /** What a GET, or another method, for a host gets over plain HTTP. */
  readonly ask: (url: string, options?: Asked) => Promise<Answer>;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** What the backend saw; undefined when it was not asked. */
  readonly seen: Seen | undefined;
}

export interface Seen {
  readonly pod: string;
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

interface Raw extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

type Metadata = Partial<KubeObject["metadata"]> & JsonObject;

const pods = ["tea", "coffee"] as const;

export async function startNginxStage(settings: TestGateSettings = {}): Promise<NginxStage> {
  await using undo = new AsyncDisposableStack();
  const gate = undo.use(await startTestGate(settings));
  const ports = new Map<string, number>();
  for (const pod of pods) ports.set(pod, await startPod(pod, undo));
  const running = undo.move();
  return {
    gate,
    apply: async (manifests) => {
      const world = [...(loadAll(manifests) as Raw[]), ...services(ports)];
      const refused = await gate.apply(world.map(toObject));
      if (refused.length > 0) throw new Error(`Envoy refused:\n${refused.join("\n")}`);
    },
    ask: (url, options = {}) => ask(gate.http, new URL(url), options),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function startPod(pod: string, undo: AsyncDisposableStack): Promise<number> {
  const server = http.createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    response.setHeader("x-accel-buffering", "no");
    response.setHeader("x-internal", "1");
    if (url.startsWith("/fail")) response.statusCode = 503;
    if (url.startsWith("/moved")) {
      response.statusCode = 302;
      response.setHeader("location", "http://inside.test:8080/pot?x=1");
    }
    const seen = JSON.stringify({ pod, method, url, headers });
    const isPacked = url.startsWith("/packed");
    if (isPacked) response.setHeader("content-encoding", "gzip");
    request.resume().on("end", () => response.end(isPacked ? gzipSync(seen) : seen));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.defer(async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

function toObject({ apiVersion, kind, metadata, ...body }: Raw): KubeObject {
  const { name = "", namespace = "default" } = metadata;
  const uid = `${kind}-${namespace}-${name}`;
  return storedObject({ apiVersion, kind, metadata: { ...metadata, name, namespace, uid }, body });
}

function services(ports: ReadonlyMap<string, number>): readonly Raw[] {
  return [...ports].flatMap(([pod, port]) => {
    const name = `${pod}-svc`;
    const metadata = { name, namespace: "default" };
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["127.0.0.1"], targetRef: { kind: "Pod", name: pod } }],
      ports: [{ port }],
    };
    const spec = { ports: [{ port: 80 }] };
    return [{ apiVersion: "v1", kind: "Service", metadata, spec }, slice];
  });
}

async function ask(port: number, url: URL, { method, headers, body }: Asked): Promise<Answer> {
  const request = http.request({
    host: "127.0.0.1",
    port,
    path: `${url.pathname}${url.search}`,
    method: method ?? "GET",
    headers: { host: url.host, ...headers },
    agent: false,
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    seen: text.startsWith('{"pod"') ? (JSON.parse(text) as Seen) : undefined,
  };
}
