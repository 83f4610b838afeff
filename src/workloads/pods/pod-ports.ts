/** The TCP ports of a pod that must be reachable from outside. */

import { type PodSpec, usable } from "#kinds/pod-template.ts";

/** Declared ports and those that HTTP probes ask; each once. */
export function podPorts(spec: PodSpec): readonly number[] {
  const containers = [...usable(spec.containers), ...usable(spec.initContainers)];
  const declared = containers.flatMap(({ ports }) =>
    usable(ports)
      .filter(({ protocol }) => (protocol ?? "TCP") === "TCP")
      .map(({ containerPort }) => containerPort),
  );
  const probed = containers
    .flatMap((container) => [
      container.readinessProbe,
      container.livenessProbe,
      container.startupProbe,
    ])
    .map((probe) => probe?.httpGet?.port)
    .filter((port) => typeof port === "number");
  return [...new Set([...declared, ...probed])];
}
