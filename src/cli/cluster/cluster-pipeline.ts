/** The pipeline over what a cluster holds now: read once, with the credentials of whoever asks, and nothing written. */

import type { Finding } from "#base/finding.ts";
import { compareFindings } from "#base/finding.ts";
import { textAt } from "#base/json-path.ts";
import { ok } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import { type SecretReaders, secretReaders } from "#certificates/secret-readers.ts";
import type { Settings } from "#config/settings.ts";
import { secretsOf, servedKinds } from "#gate/cluster/served-objects.ts";
import { configMapKind } from "#kinds/config-map.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { type Secret, secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";
import type { Gateway } from "#model/gateway.ts";
import type { Pipeline } from "#pipeline.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";
import { type AutoCertificateSettings, createOfflinePipeline } from "../offline-pipeline.ts";
import { ourController } from "./cluster-checks.ts";

export interface ClusterReading {
  readonly pipeline: Pipeline;
  /** About the objects that are served, and those that they need. */
  readonly findings: readonly Finding[];
}

/** How the control plane was started, as far as it decides what objects mean. */
export interface ReadingSettings extends Partial<AutoCertificateSettings> {
  readonly ingressClasses: readonly string[];
  readonly nginxConfigMap: Settings["nginxConfigMap"];
  readonly nginxGlobalConfiguration: Settings["nginxGlobalConfiguration"];
}

/** The type of a Secret that stands for one that may not be read. */
const notRead = "sekisho.dev/not-read";

/** Throws StoreError when something other than a Secret cannot be read. */
export async function translateCluster(
  store: Pick<ObjectStore, "get" | "list">,
  settings: ReadingSettings,
): Promise<ClusterReading> {
  const { nginxConfigMap } = settings;
  const names = new Set<string>();
  const pipeline = createOfflinePipeline({
    ...settings,
    readers,
    namesInUse: { added: (name) => names.add(name), removed: (name) => names.delete(name) },
  });
  const others = servedKinds.filter(({ id }) => id !== secretKind.id);
  const lists = await Promise.all(others.map(({ id }) => listOf(store, id)));
  const own = nginxConfigMap && (await store.get({ kind: configMapKind.id, ...nginxConfigMap }));
  const objects = [...lists.flat(), ...(own === undefined ? [] : [own])];
  for (const object of objects) pipeline.set(object);
  pipeline.flush();
  const claimed = objects.filter((object) => pipeline.claimed.has(formatKey(keyOf(object))));
  const unread = await readSecrets(store, pipeline, claimed);
  // Which addresses a DNS name has, the gate's resolver knows: here it stands for them.
  for (const name of names) pipeline.setAddresses(name, [name]);
  pipeline.flush();
  const known = knownToServe(pipeline, objects);
  const findings = [...pipeline.findings(), ...unread].filter(
    ({ origin }) => origin.kind === "Gate" || known.has(formatKey(origin)),
  );
  return { pipeline, findings: findings.sort(compareFindings) };
}

const standIn = { certificateChain: "", privateKey: new SecretBytes(new Uint8Array()) };

const readers: SecretReaders = {
  ...secretReaders,
  readSecret: (secret) =>
    secret.type === notRead ? ok(standIn) : secretReaders.readSecret(secret),
  readAuthorities: (secret) =>
    secret.type === notRead ? ok({ certificates: "" }) : secretReaders.readAuthorities(secret),
};

/** A kind that the cluster does not define has no objects. */
async function listOf(
  store: Pick<ObjectStore, "list">,
  kind: string,
): Promise<readonly KubeObject[]> {
  try {
    return (await store.list(kind)).items;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return [];
    throw error;
  }
}

/** Reads the Secrets that objects name. One that may not be read counts as a good one: a finding says so. */
async function readSecrets(
  store: Pick<ObjectStore, "get">,
  pipeline: Pipeline,
  objects: readonly KubeObject[],
): Promise<readonly Finding[]> {
  const keys = new Map(objects.flatMap(secretsOf).map((key) => [formatKey(key), key]));
  const unread: Finding[] = [];
  const read = async (key: ObjectKey): Promise<void> => {
    try {
      const secret = await store.get(key);
      if (secret !== undefined) pipeline.set(secret);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "denied") throw error;
      pipeline.set(secretNotRead(key));
      unread.push({
        severity: "info",
        reason: "SecretNotRead",
        origin: { ...key, path: "" },
        message: `Secret ${key.namespace}/${key.name} may not be read with these credentials, and counts as there and good`,
        advice: "ask with credentials that may read it to have it looked at, too",
      });
    }
  };
  await Promise.all([...keys.values()].map(read));
  return unread;
}

function secretNotRead({ namespace, name }: ObjectKey): KubeObject {
  const body: Secret = { type: notRead };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace,
      uid: "",
      creationTimestamp: "1970-01-01T00:00:00Z",
      generation: 0,
      resourceVersion: "0",
      labels: {},
      annotations: {},
      finalizers: [],
      ownerReferences: [],
    },
    body: { ...body },
  };
}

/** The objects that are served, their classes, and the Services, slices and Secrets that they lead to; what a cluster holds besides is other people's. */
function knownToServe(pipeline: Pipeline, objects: readonly KubeObject[]): ReadonlySet<string> {
  const known = new Set([...pipeline.claimed.keys(), ...servicesOf(pipeline.gateway)]);
  for (const object of objects) {
    const key = keyOf(object);
    const { namespace, labels } = object.metadata;
    const service = labels["kubernetes.io/service-name"] ?? "";
    const isOurClass =
      key.kind === ingressClassKind.id &&
      textAt(object.body, "spec", "controller") === ourController;
    const isUsedSlice =
      key.kind === endpointSliceKind.id &&
      known.has(formatKey({ kind: serviceKind.id, namespace, name: service }));
    if (isOurClass || isUsedSlice) known.add(formatKey(key));
    if (pipeline.claimed.has(formatKey(key)))
      for (const secret of secretsOf(object)) known.add(formatKey(secret));
  }
  return known;
}

function servicesOf(gateway: Gateway): readonly string[] {
  const hosts = new Set(["*", ...gateway.claimedHosts()]);
  return [...hosts].flatMap((host) =>
    gateway.virtualHost(host).routes.flatMap(({ action }) => {
      if (action.kind !== "forward") return [];
      const { namespace, service } = action.backend;
      return [formatKey({ kind: serviceKind.id, namespace, name: service })];
    }),
  );
}
