/** Every field of a pod's specification: honoured, or ignored and why. The one list behind the findings and the documentation. */

import type { Severity } from "#base/finding.ts";
import type { Json } from "#base/json.ts";

export interface Ignored {
  /** `warning` where a user may rely on it, `info` where nothing is lost. */
  readonly severity: Severity;
  readonly why: string;
  readonly advice: string;
  /** Values that ask for nothing: no finding. */
  readonly harmless?: readonly Json[];
}

export type Support = "honoured" | Ignored;

function lost(why: string, advice: string, harmless: readonly Json[] = []): Ignored {
  return { severity: "warning", why, advice, harmless };
}

function moot(why: string, harmless: readonly Json[] = []): Ignored {
  return {
    severity: "info",
    why,
    advice: "nothing needs to be done; remove it if it confuses",
    harmless,
  };
}

const oneMachine = "all pods run on this machine";
const noImages = "images are not pulled: programs of this machine stand in for them";
const noLimits = "programs run without limits on this machine";
const sameUser = "programs run as the user who started sekisho, with that user's rights";
const noStorage = "there is no storage system here";
const noTokens = "there is no API server here that would take a token";

/** What all containers have, init containers included; below `containers[]` or `initContainers[]`. */
const container: Readonly<Record<string, Support>> = {
  name: "honoured",
  image: "honoured",
  command: "honoured",
  args: "honoured",
  workingDir: "honoured",
  "ports[].containerPort": "honoured",
  "ports[].name": "honoured",
  "ports[].protocol": "honoured",
  "ports[].hostPort": lost(
    "pods are reached at their own addresses only",
    "use a Service, or the address that get pods -o wide shows",
    [0],
  ),
  "ports[].hostIP": lost("pods are reached at their own addresses only", "use a Service"),
  "env[].value": "honoured",
  "env[].valueFrom.fieldRef": "honoured",
  "env[].valueFrom.configMapKeyRef": "honoured",
  "env[].valueFrom.secretKeyRef": "honoured",
  "env[].valueFrom.resourceFieldRef": lost(noLimits, "write the value into the manifest"),
  "env[].valueFrom.fileKeyRef": lost("such files are not read", "use a ConfigMap"),
  envFrom: "honoured",
  volumeMounts: "honoured",
  "volumeMounts[].mountPropagation": moot("each container has mounts of its own", ["None"]),
  "volumeMounts[].recursiveReadOnly": moot("readOnly covers the mount itself", ["Disabled"]),
  readinessProbe: "honoured",
  "readinessProbe.grpc": lost("gRPC probes are not tried; they count as passed", "use tcpSocket"),
  livenessProbe: "honoured",
  "livenessProbe.grpc": lost("gRPC probes are not tried; they count as passed", "use tcpSocket"),
  startupProbe: "honoured",
  "startupProbe.grpc": lost("gRPC probes are not tried; they count as passed", "use tcpSocket"),
  "lifecycle.preStop": "honoured",
  "lifecycle.preStop.tcpSocket": lost("this hook does nothing in Kubernetes either", "use httpGet"),
  "lifecycle.postStart": lost(
    "postStart hooks are not run",
    "do it in the program or in an init container",
  ),
  "lifecycle.stopSignal": lost("programs are stopped with SIGTERM", "handle SIGTERM", ["SIGTERM"]),
  restartPolicy: "honoured",
  restartPolicyRules: lost("restarts follow restartPolicy alone", "use restartPolicy"),
  imagePullPolicy: moot(noImages),
  resources: moot(noLimits, [{}]),
  resizePolicy: moot(noLimits),
  securityContext: lost(sameUser, "start sekisho as the user that the program should have", [{}]),
  stdin: lost("programs read nothing", "remove it", [false]),
  stdinOnce: lost("programs read nothing", "remove it", [false]),
  tty: lost("programs have no terminal", "remove it", [false]),
  terminationMessagePath: moot("the exit code and the log say why a program ended"),
  terminationMessagePolicy: moot("the exit code and the log say why a program ended"),
  volumeDevices: lost(noStorage, "use hostPath or emptyDir"),
};

const pod: Readonly<Record<string, Support>> = {
  restartPolicy: "honoured",
  terminationGracePeriodSeconds: "honoured",
  hostname: "honoured",
  subdomain: "honoured",
  hostNetwork: "honoured",
  nodeName: "honoured",
  readinessGates: "honoured",
  serviceAccountName: "honoured",
  serviceAccount: "honoured",
  "volumes[].emptyDir": "honoured",
  "volumes[].emptyDir.medium": moot("it is a directory on disk", [""]),
  "volumes[].emptyDir.sizeLimit": moot(noLimits),
  "volumes[].configMap": "honoured",
  "volumes[].secret": "honoured",
  "volumes[].downwardAPI": "honoured",
  "volumes[].downwardAPI.items[].resourceFieldRef": lost(
    noLimits,
    "write the value into the manifest",
  ),
  "volumes[].projected": "honoured",
  "volumes[].projected.sources[].serviceAccountToken": lost(noTokens, "mount a Secret"),
  "volumes[].projected.sources[].clusterTrustBundle": lost(
    "there are no such bundles here",
    "mount a ConfigMap",
  ),
  "volumes[].projected.sources[].podCertificate": lost(
    "there is no such issuer here",
    "mount a Secret",
  ),
  "volumes[].hostPath": "honoured",
  activeDeadlineSeconds: lost("pods run until they end", "end the program by itself"),
  affinity: moot(oneMachine, [{}]),
  automountServiceAccountToken: lost(noTokens, "remove it", [false]),
  dnsConfig: lost("programs use this machine's name resolution", "configure it there"),
  dnsPolicy: moot("programs use this machine's name resolution"),
  enableServiceLinks: moot("Services have no addresses of their own here"),
  ephemeralContainers: lost("they are not run", "run the program by hand"),
  hostAliases: lost("programs use this machine's name resolution", "add them to /etc/hosts"),
  hostIPC: moot("programs share this machine's", [false]),
  hostPID: moot("programs see this machine's processes", [false]),
  hostUsers: lost(sameUser, "remove it", [true]),
  hostnameOverride: lost("the host name is hostname or the pod's name", "use hostname"),
  imagePullSecrets: moot(noImages, [[]]),
  nodeSelector: moot(oneMachine, [{}]),
  os: moot(oneMachine),
  overhead: moot(noLimits),
  preemptionPolicy: moot("pods do not compete for room"),
  priority: moot("pods do not compete for room"),
  priorityClassName: moot("pods do not compete for room"),
  resourceClaims: lost("there are no devices to claim", "remove it"),
  resources: moot(noLimits, [{}]),
  runtimeClassName: lost("programs run directly on this machine", "remove it"),
  schedulerName: moot(oneMachine),
  schedulingGates: lost("pods start at once", "remove it", [[]]),
  securityContext: lost(sameUser, "start sekisho as the user that the program should have", [{}]),
  setHostnameAsFQDN: lost("the host name is hostname or the pod's name", "use hostname", [false]),
  shareProcessNamespace: moot("programs see this machine's processes", [false]),
  tolerations: moot(oneMachine, [[]]),
  topologySpreadConstraints: moot(oneMachine, [[]]),
};

/** Volume sources that need a storage system. */
export const foreignVolume: Ignored = lost(
  `${noStorage}; the volume is not mounted`,
  "use hostPath, emptyDir, configMap or secret",
);

/** By path below the pod's specification; `[]` stands for any position of a list. */
export const podSupport: Readonly<Record<string, Support>> = {
  ...pod,
  ...Object.fromEntries(
    ["containers[]", "initContainers[]"].flatMap((list) =>
      Object.entries(container).map(([path, support]) => [`${list}.${path}`, support]),
    ),
  ),
};
