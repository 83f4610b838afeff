/** The pipeline over manifests or over what a cluster holds now: for those who look, without a gate or its store. */

import type { LocatedFinding } from "#api/gate-calls.ts";
import type { Finding } from "#base/finding.ts";
import { compareFindings } from "#base/finding.ts";
import type { KeyListener } from "#base/tracked/index-by-key.ts";
import { type SecretReaders, secretReaders } from "#certificates/secret-readers.ts";
import type { Settings } from "#config/settings.ts";
import { countFields, type FieldCounts } from "#dialects/field-counts.ts";
import { chainLayout } from "#envoy/listeners/chain-layout.ts";
import { type Known, read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { recognise } from "#kinds/recognise.ts";
import { Pipeline, realSteps } from "#pipeline.ts";
import type { Draft } from "#store/object-store.ts";
import type { CommandContext } from "./command-context.ts";
import { readDirectories } from "./objects/manifest-files.ts";

/** How much was looked at. */
export interface Summary {
  readonly files: number;
  readonly objects: number;
  /** Of the objects that say what is served. */
  readonly fields: FieldCounts;
}

export interface OfflineResult {
  readonly objects: readonly KubeObject[];
  readonly pipeline: Pipeline;
  readonly summary: Summary;
  readonly findings: readonly LocatedFinding[];
}

/** Objects of one age: nothing is stored, so nothing is older than anything else. */
const stamp = "1970-01-01T00:00:00Z";

/** What depends on running pods is not wrong in a manifest. */
const ofRunning: readonly string[] = ["NoEndpoints"];

/** How an Ingress asks for certificates. */
export type AutoCertificateSettings = Pick<
  Settings,
  "defaultIssuer" | "autoCertificateAnnotations" | "extraCertificateAnnotations"
>;

export interface OfflineSettings extends Partial<AutoCertificateSettings> {
  readonly ingressClasses: "all" | readonly string[];
  /** The ConfigMap of NGINX Ingress Controller. Undefined: the usual one. */
  readonly nginxConfigMap?: Settings["nginxConfigMap"];
  /** The GlobalConfiguration in force. Undefined: the oldest. */
  readonly nginxGlobalConfiguration?: Settings["nginxGlobalConfiguration"];
  /** Default: as a gate reads them. */
  readonly readers?: SecretReaders;
  /** Told which DNS names Services of type ExternalName point to. */
  readonly namesInUse?: KeyListener;
}

const nobodyAsks: KeyListener = { added: () => undefined, removed: () => undefined };

/** A pipeline that serves nobody; a bug that it meets is a finding of the object that met it. */
export function createOfflinePipeline(settings: OfflineSettings): Pipeline {
  const listeners = {
    address: "127.0.0.1",
    accessLog: [],
    trustedProxies: [],
    proxyProtocol: false,
    allowedClients: [],
  };
  const { readers = secretReaders, namesInUse = nobodyAsks } = settings;
  return new Pipeline({
    steps: realSteps({ ...settings, servedClasses: settings.ingressClasses }, readers),
    layout: chainLayout(listeners, { http: 8080, https: 8443 }),
    namesInUse,
    onBug: () => undefined,
  });
}

/** Reads and translates everything below the directories. */
export async function translateOffline(
  context: CommandContext,
  directories: readonly string[],
  settings: Pick<Settings, "ingressClasses" | "nginxConfigMap" | "nginxGlobalConfiguration"> &
    AutoCertificateSettings,
): Promise<OfflineResult> {
  const manifests = await readDirectories(context, directories);
  const pipeline = createOfflinePipeline(settings);
  const objects = manifests.drafts.map(objectOf);
  for (const object of objects) pipeline.set(object);
  pipeline.flush();
  const found: readonly Finding[] = [...manifests.findings, ...pipeline.findings()];
  const findings = found
    .filter(({ reason }) => !ofRunning.includes(reason))
    .sort(compareFindings)
    .map((finding): LocatedFinding => {
      const place = finding.place ?? manifests.locate(finding.origin);
      return place === undefined ? { finding } : { finding, place };
    });
  const fields = countFields(objects.flatMap(readObject), (known) => pipeline.dialectOf(known));
  return {
    ...{ objects, pipeline },
    summary: { files: manifests.files, objects: objects.length, fields },
    findings,
  };
}

function readObject(object: KubeObject): readonly Known<unknown>[] {
  const known = recognise(object.apiVersion, object.kind);
  return known === undefined ? [] : [read(known.kind, object)];
}

function objectOf({ apiVersion, kind, metadata, body }: Draft): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: `${kind}/${metadata.namespace}/${metadata.name}`,
      creationTimestamp: stamp,
      generation: 1,
      resourceVersion: "0",
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
      finalizers: metadata.finalizers ?? [],
      ownerReferences: metadata.ownerReferences ?? [],
    },
    body,
  };
}
