/** PodSpec and PodTemplateSpec (Kubernetes API reference, "Pod v1 core"): what Pods, Deployments and ReplicaSets share. */

import type { Parsed } from "#base/schema.ts";
import {
  anything,
  boolean,
  fields,
  integer,
  integerOrText,
  list,
  mapOf,
  oneOf,
  optional,
  positionalList,
  required,
  text,
} from "#base/schema.ts";

const fieldRef = fields({ apiVersion: optional(text), fieldPath: required(text) });
const keyRef = fields({ name: required(text), key: required(text), optional: optional(boolean) });

const envVar = fields({
  name: required(text),
  value: optional(text),
  valueFrom: optional(
    fields({
      fieldRef: optional(fieldRef),
      configMapKeyRef: optional(keyRef),
      secretKeyRef: optional(keyRef),
      resourceFieldRef: optional(anything),
      fileKeyRef: optional(anything),
    }),
  ),
});

const objectRef = fields({ name: required(text), optional: optional(boolean) });
const envFromSource = fields({
  prefix: optional(text),
  configMapRef: optional(objectRef),
  secretRef: optional(objectRef),
});

const header = fields({ name: required(text), value: required(text) });
const httpGet = fields({
  path: optional(text),
  port: required(integerOrText),
  host: optional(text),
  scheme: optional(oneOf("HTTP", "HTTPS")),
  httpHeaders: optional(list(header)),
});
const tcpSocket = fields({ port: required(integerOrText), host: optional(text) });
const exec = fields({ command: optional(list(text)) });

const probe = fields({
  httpGet: optional(httpGet),
  tcpSocket: optional(tcpSocket),
  exec: optional(exec),
  grpc: optional(anything),
  initialDelaySeconds: optional(integer(0)),
  timeoutSeconds: optional(integer(0)),
  periodSeconds: optional(integer(0)),
  successThreshold: optional(integer(0)),
  failureThreshold: optional(integer(0)),
  terminationGracePeriodSeconds: optional(integer(0)),
});

const hook = fields({
  exec: optional(exec),
  httpGet: optional(httpGet),
  tcpSocket: optional(anything),
  sleep: optional(fields({ seconds: required(integer(0)) })),
});

const containerPort = fields({
  name: optional(text),
  containerPort: required(integer(1, 65535)),
  protocol: optional(oneOf("TCP", "UDP", "SCTP")),
  hostPort: optional(integer(0, 65535)),
  hostIP: optional(text),
});

const volumeMount = fields({
  name: required(text),
  mountPath: required(text),
  readOnly: optional(boolean),
  subPath: optional(text),
  subPathExpr: optional(text),
  mountPropagation: optional(text),
  recursiveReadOnly: optional(text),
});

const container = fields({
  name: required(text),
  image: required(text),
  command: optional(list(text)),
  args: optional(list(text)),
  workingDir: optional(text),
  ports: optional(positionalList(containerPort)),
  env: optional(positionalList(envVar)),
  envFrom: optional(positionalList(envFromSource)),
  volumeMounts: optional(positionalList(volumeMount)),
  readinessProbe: optional(probe),
  livenessProbe: optional(probe),
  startupProbe: optional(probe),
  lifecycle: optional(
    fields({ preStop: optional(hook), postStart: optional(anything), stopSignal: optional(text) }),
  ),
  restartPolicy: optional(text),
  restartPolicyRules: optional(anything),
  imagePullPolicy: optional(text),
  resources: optional(anything),
  resizePolicy: optional(anything),
  securityContext: optional(anything),
  stdin: optional(anything),
  stdinOnce: optional(anything),
  tty: optional(anything),
  terminationMessagePath: optional(anything),
  terminationMessagePolicy: optional(anything),
  volumeDevices: optional(anything),
});

const keyToPath = fields({
  key: required(text),
  path: required(text),
  mode: optional(integer(0, 0o777)),
});
const downwardItem = fields({
  path: required(text),
  fieldRef: optional(fieldRef),
  resourceFieldRef: optional(anything),
  mode: optional(integer(0, 0o777)),
});
const mode = optional(integer(0, 0o777));

const projection = fields({
  configMap: optional(
    fields({ name: required(text), items: optional(list(keyToPath)), optional: optional(boolean) }),
  ),
  secret: optional(
    fields({ name: required(text), items: optional(list(keyToPath)), optional: optional(boolean) }),
  ),
  downwardAPI: optional(fields({ items: optional(list(downwardItem)) })),
  serviceAccountToken: optional(anything),
  clusterTrustBundle: optional(anything),
  podCertificate: optional(anything),
});

/** Volume sources that need a storage system; known by name so that each use is a finding of its own. */
export const foreignVolumeSources = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "ephemeral",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "gitRepo",
  "glusterfs",
  "image",
  "iscsi",
  "nfs",
  "persistentVolumeClaim",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
] as const;

const foreignRule = optional(anything);

const volume = fields({
  name: required(text),
  emptyDir: optional(fields({ medium: optional(text), sizeLimit: optional(anything) })),
  configMap: optional(
    fields({
      name: required(text),
      items: optional(list(keyToPath)),
      defaultMode: mode,
      optional: optional(boolean),
    }),
  ),
  secret: optional(
    fields({
      secretName: required(text),
      items: optional(list(keyToPath)),
      defaultMode: mode,
      optional: optional(boolean),
    }),
  ),
  downwardAPI: optional(fields({ items: optional(list(downwardItem)), defaultMode: mode })),
  projected: optional(fields({ sources: optional(positionalList(projection)), defaultMode: mode })),
  hostPath: optional(fields({ path: required(text), type: optional(text) })),
  ...(Object.fromEntries(foreignVolumeSources.map((name) => [name, foreignRule])) as Record<
    (typeof foreignVolumeSources)[number],
    typeof foreignRule
  >),
});

/** Reads a PodSpec. */
export const podSpec = fields({
  containers: required(positionalList(container)),
  initContainers: optional(positionalList(container)),
  volumes: optional(positionalList(volume)),
  restartPolicy: optional(oneOf("Always", "OnFailure", "Never")),
  terminationGracePeriodSeconds: optional(integer(0)),
  hostname: optional(text),
  subdomain: optional(text),
  hostNetwork: optional(boolean),
  nodeName: optional(text),
  serviceAccountName: optional(text),
  serviceAccount: optional(text),
  readinessGates: optional(list(fields({ conditionType: required(text) }))),
  activeDeadlineSeconds: optional(anything),
  affinity: optional(anything),
  automountServiceAccountToken: optional(anything),
  dnsConfig: optional(anything),
  dnsPolicy: optional(anything),
  enableServiceLinks: optional(anything),
  ephemeralContainers: optional(anything),
  hostAliases: optional(anything),
  hostIPC: optional(anything),
  hostPID: optional(anything),
  hostUsers: optional(anything),
  hostnameOverride: optional(anything),
  imagePullSecrets: optional(anything),
  nodeSelector: optional(anything),
  os: optional(anything),
  overhead: optional(anything),
  preemptionPolicy: optional(anything),
  priority: optional(anything),
  priorityClassName: optional(anything),
  resourceClaims: optional(anything),
  resources: optional(anything),
  runtimeClassName: optional(anything),
  schedulerName: optional(anything),
  schedulingGates: optional(anything),
  securityContext: optional(anything),
  setHostnameAsFQDN: optional(anything),
  shareProcessNamespace: optional(anything),
  tolerations: optional(anything),
  topologySpreadConstraints: optional(anything),
});

/** Reads a PodTemplateSpec; of its metadata labels and annotations reach the pods. */
export const podTemplate = fields({
  metadata: optional(
    fields({
      labels: optional(mapOf(text)),
      annotations: optional(mapOf(text)),
      name: optional(anything),
      namespace: optional(anything),
      creationTimestamp: optional(anything),
      finalizers: optional(anything),
    }),
  ),
  spec: required(podSpec),
});

export type PodSpec = Parsed<typeof podSpec>;
export type PodTemplate = Parsed<typeof podTemplate>;
export type Container = Parsed<typeof container>;
export type EnvVar = Parsed<typeof envVar>;
export type Probe = Parsed<typeof probe>;
export type HttpGet = Parsed<typeof httpGet>;
export type Volume = Parsed<typeof volume>;
export type KeyToPath = Parsed<typeof keyToPath>;

/** `nginx,sidecar`: what kubectl prints as CONTAINERS. */
export function containerNames(template: PodTemplate | undefined): string {
  return usable(template?.spec.containers)
    .map((entry) => entry.name)
    .join(",");
}

/** What kubectl prints as IMAGES. */
export function containerImages(template: PodTemplate | undefined): string {
  return usable(template?.spec.containers)
    .map((entry) => entry.image)
    .join(",");
}

/** The entries of a positional list that could be read. */
export function usable<T>(entries: readonly (T | undefined)[] | undefined): readonly T[] {
  return (entries ?? []).filter((entry) => entry !== undefined);
}
