/** Who answers for a backend reference. */

import type { EndpointSlice, Service, World } from "./manifest.ts";
import { find, namespaceOf, ofKind } from "./manifest.ts";
import type { Target } from "./rules.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Backend =
  | {
      readonly kind: "backend";
      readonly namespace: string;
      readonly service: string;
      /** The Service's port number. */
      readonly port: number;
      /** Any of these may answer; never empty. */
      readonly endpoints: readonly Endpoint[];
    }
  /** An ExternalName Service: whoever the DNS name leads to. */
  | { readonly kind: "external"; readonly name: string; readonly port: number };

/** The backend behind a reference; undefined (503) without Service, port, or an endpoint that is ready. */
export function resolveBackend(world: World, target: Target): Backend | undefined {
  const reference = target.backend.service;
  if (reference === undefined) return undefined;
  const namespace = namespaceOf(target.ingress);
  const service = find(world, "Service", namespace, reference.name);
  if (service === undefined) return undefined;
  const port = servicePort(service, reference.port);
  if (service.spec.type === "ExternalName") {
    const number = port?.port ?? reference.port.number;
    const name = service.spec.externalName;
    return name === undefined || number === undefined
      ? undefined
      : { kind: "external", name, port: number };
  }
  if (port === undefined) return undefined;
  const endpoints = readyEndpoints(world, service, port.name ?? "");
  if (endpoints.length === 0) return undefined;
  return { kind: "backend", namespace, service: reference.name, port: port.port, endpoints };
}

function servicePort(
  service: Service,
  reference: { readonly number?: number; readonly name?: string },
): { readonly name?: string; readonly port: number } | undefined {
  return (service.spec.ports ?? []).find((port) =>
    reference.name === undefined ? port.port === reference.number : port.name === reference.name,
  );
}

/** Slices belong to a Service by label; ports are joined by name, so each pod's own target port counts. */
function readyEndpoints(world: World, service: Service, portName: string): readonly Endpoint[] {
  const slices = ofKind(world, "EndpointSlice").filter(
    (slice) =>
      namespaceOf(slice) === namespaceOf(service) &&
      slice.metadata.labels?.["kubernetes.io/service-name"] === service.metadata.name,
  );
  return slices.flatMap((slice) => endpointsOf(slice, portName));
}

function endpointsOf(slice: EndpointSlice, portName: string): readonly Endpoint[] {
  const port = slice.ports.find((candidate) => (candidate.name ?? "") === portName);
  if (port === undefined) return [];
  return slice.endpoints
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap(({ addresses: [address] }) =>
      address === undefined ? [] : [{ address, port: port.port }],
    );
}
