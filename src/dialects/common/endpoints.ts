/** Who answers for a backend now: its Service's EndpointSlices, or a DNS name. */

import { compareInTurn, compareNumber, compareText } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import { type EndpointSlice, endpointSliceKind } from "#kinds/endpoint-slice.ts";
import type { Known } from "#kinds/kind.ts";
import { includesLabels } from "#kinds/label-selector.ts";
import { parseKey } from "#kinds/object.ts";
import { podKind } from "#kinds/pod.ts";
import { type Service, serviceKind } from "#kinds/service.ts";
import type { Backend, Endpoint, Endpoints, NamedEndpoint } from "#model/backend.ts";
import type { World } from "../dialect.ts";
import { slicesByService } from "../world-indexes.ts";
import { findingAt, originOf } from "./findings.ts";

export interface EndpointsVerdict {
  readonly endpoints: Endpoints;
  readonly findings: readonly Finding[];
}

const nobody: Endpoints = { addresses: [], names: [] };
const isBackup = true as const;

/** The endpoints of a backend, and behind them those of its backup. */
export function resolveEndpoints(backend: Backend, world: World): EndpointsVerdict {
  const { backup, ...own } = backend;
  const verdict = resolveOwn(own, world);
  if (backup === undefined) return verdict;
  const { podLabels: _, ...plain } = own;
  const { endpoints: behind, findings } = resolveOwn({ ...plain, ...backup }, world);
  const { addresses, names } = verdict.endpoints;
  const hasBackup = behind.addresses.length + behind.names.length > 0;
  return {
    endpoints: {
      addresses: [...addresses, ...behind.addresses.map((one) => ({ ...one, isBackup }))],
      names: [...names, ...behind.names.map((one) => ({ ...one, isBackup }))],
    },
    findings: hasBackup ? [] : [...verdict.findings, ...findings],
  };
}

/**
 * The ready endpoints of a Service (Kubernetes API reference, "EndpointSlice v1": a condition that is absent counts as
 * ready; a Service port is found in a slice by its name).
 */
function resolveOwn(backend: Backend, world: World): EndpointsVerdict {
  const service = world.get(serviceKind, backend.namespace, backend.service);
  const spec = service?.value?.spec;
  if (service === undefined || spec === undefined) return { endpoints: nobody, findings: [] };
  if (spec.type === "ExternalName") return external(service, backend);
  const transport = backend.protocol === "udp" ? "UDP" : "TCP";
  const port = (spec.ports ?? []).find(
    (entry) =>
      (entry.protocol ?? "TCP") === transport &&
      (entry.port === backend.port || entry.name === backend.port),
  );
  if (port === undefined) return { endpoints: nobody, findings: [] };
  const { clusterIP } = spec;
  if (backend.reached === "service-address" && clusterIP !== undefined && clusterIP !== "None") {
    const addresses = [{ address: clusterIP, port: port.port }];
    return { endpoints: { addresses, names: [] }, findings: [] };
  }
  const slices = [
    ...world.filed(slicesByService.name, `${backend.namespace}/${backend.service}`),
  ].map((key) => world.get(endpointSliceKind, backend.namespace, parseKey(key).name));
  const endpoints = slices.flatMap((slice) =>
    slice === undefined ? [] : readyIn(slice, port.name ?? "", wantedPods(backend, world)),
  );
  if (endpoints.length > 0)
    return { endpoints: { addresses: unique(endpoints), names: [] }, findings: [] };
  return {
    endpoints: nobody,
    findings: [
      findingAt(originOf(service), "", "warning", {
        reason: "NoEndpoints",
        message: `nobody is ready to answer for port ${backend.port} of Service ${backend.service}; ${lossOf(backend)}`,
        advice:
          spec.selector === undefined
            ? "this Service has no selector: add an EndpointSlice with the addresses of your servers"
            : "look at the pods its selector takes: sekisho get pods",
      }),
    ],
  };
}

function external(service: Known<Service>, backend: Backend): EndpointsVerdict {
  const name = service.value?.spec?.externalName;
  const port = typeof backend.port === "number" ? backend.port : undefined;
  if (name !== undefined && name !== "" && port !== undefined) {
    const named = { name: name.toLowerCase().replace(/\.$/, ""), port, service: backend.service };
    return { endpoints: { addresses: [], names: [named] }, findings: [] };
  }
  return {
    endpoints: nobody,
    findings: [
      findingAt(originOf(service), "spec", "error", {
        reason: "ExternalNameNotUsable",
        message: `Service ${backend.service} is of type ExternalName, but ${name === undefined || name === "" ? "names no host" : "is used with a port name that it does not list"}; ${lossOf(backend)}`,
        advice: "set spec.externalName, and use a port number in the backend",
      }),
    ],
  };
}

/** The finding of an ExternalName Service whose name leads nowhere. */
export function unresolved(backend: Backend, { name, service }: NamedEndpoint): Finding {
  const { namespace } = backend;
  return {
    severity: "warning",
    reason: "NameNotResolved",
    origin: { kind: serviceKind.id, namespace, name: service, path: "spec.externalName" },
    message: `the DNS name ${name} has no address; ${lossOf(backend)}`,
    advice: "correct spec.externalName, or see that this machine resolves it",
  };
}

/** What becomes of what nobody answers for. */
function lossOf({ protocol }: Backend): string {
  if (protocol === "udp") return "datagrams are dropped";
  return protocol === "tcp" ? "connections are closed" : "requests get 503";
}

/** Whether an endpoint is one of the pods that are wanted. */
type WantedPods = (target: EndpointTarget) => boolean;
type EndpointTarget = { readonly kind?: string; readonly name?: string } | undefined;

function wantedPods({ namespace, podLabels }: Backend, world: World): WantedPods {
  if (podLabels === undefined) return () => true;
  return (target) => {
    if (target?.kind !== "Pod" || target.name === undefined) return false;
    const pod = world.get(podKind, namespace, target.name);
    return pod !== undefined && includesLabels(pod.object.metadata.labels, podLabels);
  };
}

function readyIn(
  slice: Known<EndpointSlice>,
  portName: string,
  isWanted: WantedPods,
): readonly Endpoint[] {
  const value = slice.value;
  if (value === undefined || value.addressType === "FQDN") return [];
  const port = (value.ports ?? []).find((entry) => (entry.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (value.endpoints ?? [])
    .filter((entry) => (entry.conditions?.ready ?? true) && isWanted(entry.targetRef))
    .flatMap((entry) => entry.addresses.slice(0, 1).map((address) => ({ address, port })));
}

const compareEndpoints = compareInTurn<Endpoint>(
  (a, b) => compareText(a.address, b.address),
  (a, b) => compareNumber(a.port, b.port),
);

function unique(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byText = new Map(endpoints.map((entry) => [`${entry.address} ${entry.port}`, entry]));
  return [...byText.values()].sort(compareEndpoints);
}
