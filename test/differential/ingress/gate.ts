/** A real Envoy behind the real flow: objects in, requests answered. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import { buildAccessLog } from "#envoy/access-log.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import { parseAccessRecord } from "#envoy/access-record.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import type { ListenerLayout } from "#envoy/listeners/layout.ts";
import type { KubeObject, ObjectKey } from "#kinds/object.ts";
import { formatKey, keyOf } from "#kinds/object.ts";
import type { Manifest, World } from "#test/simulators/ingress/manifest.ts";
import { readTlsSecret } from "../../../src/certificates/tls-secret.ts";
import { Pipeline, realSteps, type Steps } from "../../../src/pipeline.ts";
import { freePorts, startEnvoy } from "../../system/real-envoy.ts";
import type { Ports } from "./send.ts";

/** What of the flow a test may put something wrong in place of. */
export interface Flow {
  readonly steps: Steps;
  readonly layout: ListenerLayout;
}

export interface Gate extends Ports, AsyncDisposable {
  /** Makes `world` all there is; resolves when Envoy has taken it. Rejects when Envoy refuses any of it. */
  apply(world: World): Promise<void>;
  /** The access log's records, by the User-Agent of their requests, once there is one for each of these. */
  records(userAgents: readonly string[]): Promise<ReadonlyMap<string, AccessRecord>>;
}

/** Starts a gate with nothing in it. */
export async function startGate(change: (flow: Flow) => Flow = (flow) => flow): Promise<Gate> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-gate-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const log = join(directory, "access.log");
  const ports = await freePorts("http", "https");
  const pipeline = createPipeline(change, ports, log);
  pipeline.flush();
  const envoy = undo.use(await startEnvoy(pipeline.takeChange().set));
  refuseNothing(envoy.refused);
  let before: readonly ObjectKey[] = [];
  const running = undo.move();
  return {
    httpPort: ports.http,
    httpsPort: ports.https,
    apply: async (world) => {
      const objects = world.map(toObject);
      const keys = objects.map(keyOf);
      const kept = new Set(keys.map(formatKey));
      for (const key of before) if (!kept.has(formatKey(key))) pipeline.delete(key);
      for (const object of objects) pipeline.set(object);
      before = keys;
      pipeline.flush();
      const { set, removed } = pipeline.takeChange();
      if (set.length + removed.length > 0) refuseNothing(await envoy.change(set, removed));
    },
    records: (userAgents) => readRecords(log, userAgents),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function createPipeline(
  change: (flow: Flow) => Flow,
  ports: { readonly http: number; readonly https: number },
  accessLog: string,
): Pipeline {
  const settings = {
    address: "127.0.0.1",
    accessLog: [buildAccessLog({ path: accessLog, samplePercent: 100 })],
    trustedProxies: [],
    proxyProtocol: false,
    allowedClients: [],
  };
  const flow = change({
    steps: realSteps({ servedClasses: "all" }, readTlsSecret),
    layout: chainLayout(settings, ports),
  });
  return new Pipeline({
    ...flow,
    namesInUse: { added: () => undefined, removed: () => undefined },
    onBug: (error) => {
      throw error;
    },
  });
}

function refuseNothing(refused: readonly string[]): void {
  if (refused.length > 0) throw new Error(`Envoy refused:\n${refused.join("\n")}`);
}

/** What a source makes of a manifest. */
function toObject(manifest: Manifest): KubeObject {
  const { apiVersion, kind, metadata, ...body } = manifest;
  const clusterScoped = kind === "IngressClass";
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: clusterScoped ? "" : (metadata.namespace ?? "default"),
      uid: `${kind}-${metadata.namespace}-${metadata.name}`,
      creationTimestamp: metadata.creationTimestamp ?? "2026-01-01T00:00:00Z",
      generation: 1,
      resourceVersion: "1",
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      finalizers: [],
      ownerReferences: [],
    },
    body: JSON.parse(JSON.stringify(body)) as JsonObject,
  };
}

/** Envoy writes its log some seconds late, so the file is watched until all is there. */
async function readRecords(
  path: string,
  userAgents: readonly string[],
): Promise<ReadonlyMap<string, AccessRecord>> {
  const patience = AbortSignal.timeout(30_000);
  const changes = watch(path, { signal: patience });
  for (;;) {
    // Asked for before reading, so that no change falls between.
    const change = changes.next();
    const records = recordsIn(readFileSync(path, "utf8"));
    if (userAgents.every((userAgent) => records.has(userAgent))) {
      await changes.return?.();
      return records;
    }
    await change;
  }
}

function recordsIn(text: string): ReadonlyMap<string, AccessRecord> {
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean);
  return new Map(
    lines.flatMap((line) => {
      const record = parseAccessRecord(line);
      if (!record.ok) throw new Error(`access log line ${line}: ${record.error}`);
      const { userAgent } = record.value;
      return userAgent === undefined ? [] : [[userAgent, record.value] as const];
    }),
  );
}
