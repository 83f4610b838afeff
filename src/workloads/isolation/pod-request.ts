/** What a pod asks of its place, from its object. */

import type { KubeObject } from "#kinds/object.ts";
import type { Pod } from "#kinds/pod.ts";
import type { PodSpec } from "#kinds/pod-template.ts";
import { podPorts } from "../pods/pod-ports.ts";
import type { PodRequest } from "./isolation.ts";

export interface PodPlacing {
  readonly object: KubeObject;
  readonly spec: Pod["spec"];
  readonly address: string;
  /** Ports that Services send to, beside those the pod declares. */
  readonly servicePorts: readonly number[];
}

export interface PlacingSettings {
  /** PATH of every program. */
  readonly path: string;
  /** `NAME=value` pairs that mark processes as ours. */
  readonly mark: Readonly<Record<string, string>>;
  /** Below it a directory a pod, by uid. */
  readonly podsDirectory: string;
}

/** The variable that names the pod in the environment of its processes. */
export const podMark = "SEKISHO_POD";

/** The request for a pod's place. */
export function podRequest(pod: PodPlacing, settings: PlacingSettings): PodRequest {
  const { object, spec, address, servicePorts } = pod;
  const directory = podDirectory(settings.podsDirectory, object);
  return {
    uid: object.metadata.uid,
    hostname: podHostname(object, spec),
    address,
    ports: [...new Set([...podPorts(spec), ...servicePorts])],
    env: { PATH: settings.path, ...podMarks(object, settings.mark) },
    logFile: `${directory}/place.log`,
    mountRoom: `${directory}/mounts`,
    hostNetwork: spec.hostNetwork === true,
  };
}

/** The pod's own directory: volumes, mount points, the record of its processes. */
export function podDirectory(podsDirectory: string, { metadata }: KubeObject): string {
  return `${podsDirectory}/${metadata.uid}`;
}

/** The variables of every process of a pod, by which leftovers are found. */
export function podMarks(
  { metadata }: KubeObject,
  mark: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...mark, [podMark]: metadata.uid };
}

/** What the pod's programs see as the host's name. */
export function podHostname({ metadata }: KubeObject, spec: PodSpec): string {
  return spec.hostname ?? metadata.name.slice(0, 63);
}
