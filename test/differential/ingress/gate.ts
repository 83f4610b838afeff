/** A gate that takes worlds, shows what its access log says, and explains itself with lines of the world's YAML. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import type { Origin, Place } from "#base/origin.ts";
import { buildAccessLog, buildConnectionAccessLog } from "#envoy/access-log.ts";
import type { AccessRecord } from "#envoy/access-record.ts";
import type { KubeObject } from "#kinds/object.ts";
import { kindId } from "#kinds/object.ts";
import { createLocator, versionOf } from "#sources/directory/locator.ts";
import { defaultManifestLimits, parseManifests } from "#sources/directory/manifest.ts";
import { storedObject } from "#test/fakes/stored-object.ts";
import type { Manifest, World } from "#test/simulators/ingress/manifest.ts";
import { namespaceOf } from "#test/simulators/ingress/manifest.ts";
import {
  type ExplainedRequest,
  type ExplainInputs,
  type Explanation,
  explain,
} from "../../../src/gate/explanation/explanation.ts";
import { originOfRecord } from "../../../src/gate/explanation/route-origin.ts";
import { startTestGate, type TestGateSettings } from "../../system/harness/test-gate.ts";
import { AccessLogReader } from "./access-log.ts";
import { formatManifests } from "./manifest-text.ts";
import type { Ports } from "./send.ts";

export interface Gate extends Ports, AsyncDisposable {
  /** Makes `world` all there is; resolves when Envoy has taken it. Throws when Envoy refuses any of it. */
  apply(world: World): Promise<void>;
  /** What `sekisho explain` says of a request, with places in the YAML of the world. */
  explain(request: ExplainedRequest): Promise<Explanation>;
  /** The access log since the last call, by names of records, once there is one for each of these. */
  logged(names: readonly string[]): Promise<ReadonlyMap<string, AccessRecord>>;
  /** What decided, by the access log: the field, and its place in the YAML of the world. */
  decidedBy(record: AccessRecord): Promise<Decision | undefined>;
}

export interface Decision {
  readonly origin: Origin;
  readonly place: Place | undefined;
}

/** Starts a gate with nothing in it. */
export async function startGate(settings: TestGateSettings = {}): Promise<Gate> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-gate-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const log = join(directory, "access.log");
  const listeners = {
    accessLog: [buildAccessLog({ to: { kind: "file", path: log }, samplePercent: 100 })],
    connectionLog: [buildConnectionAccessLog({ kind: "file", path: log })],
  };
  const gate = undo.use(await startTestGate({ ...settings, listeners }));
  const running = undo.move();
  const reader = new AccessLogReader(log);
  let locate = locatorFor([]);
  return {
    httpPort: gate.http,
    httpsPort: gate.https,
    apply: async (world) => {
      const refused = await gate.apply(world.map(toObject));
      if (refused.length > 0) throw new Error(`Envoy refused:\n${refused.join("\n")}`);
      locate = locatorFor(world);
    },
    explain: (request) => {
      const { pipeline } = gate;
      const endpointsOf: ExplainInputs["endpointsOf"] = async (backend) =>
        pipeline.endpointsOf(backend).map(({ address }) => address);
      const ports = { http: gate.http, https: gate.https };
      return explain(request, { gateway: pipeline.gateway, ports, locate, endpointsOf });
    },
    logged: (names) => reader.take(names),
    decidedBy: async (record) => {
      const origin = originOfRecord(record, gate.pipeline.gateway);
      return origin && { origin, place: await locate(origin) };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Finds fields in the world's YAML as the directory source does. */
function locatorFor(world: World): ExplainInputs["locate"] {
  const locator = createLocator(defaultManifestLimits);
  const bytes = new TextEncoder().encode(formatManifests(world));
  const version = versionOf(parseManifests(bytes, "world.yaml"));
  return async ({ kind, namespace, name, path }: Origin) => {
    const index = world.findIndex(
      (manifest) =>
        kindId(manifest.apiVersion, manifest.kind) === kind &&
        namespaceOf(manifest) === namespace &&
        manifest.metadata.name === name,
    );
    return index < 0 ? undefined : locator.placeOf(version, index, path);
  };
}

/** What a source makes of a manifest. */
export function toObject(manifest: Manifest): KubeObject {
  const { apiVersion, kind, metadata, ...body } = manifest;
  const namespace = kind === "IngressClass" ? "" : namespaceOf(manifest);
  const { name, creationTimestamp, labels = {}, annotations = {} } = metadata;
  return storedObject({
    apiVersion,
    kind,
    metadata: {
      ...{ name, namespace, labels, annotations },
      uid: `${kind}-${namespace}-${name}`,
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    body: JSON.parse(JSON.stringify(body)) as JsonObject,
  });
}
