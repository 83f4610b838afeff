/** Pods behind Services: the other replicas, by which proxies find them, and the proxies that clients are led to. */

import { isJsonObject, type Json } from "#base/json.ts";
import { type EndpointSlice, endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { xdsServiceName } from "#proxies/kubernetes/xds-peers.ts";

/** Another replica. */
export interface Peer {
  /** Of its pod; its address when that is not known. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

/** All but `identity`, the name of our own pod, each once. Those that stop still have proxies. */
export function findPeers(
  slices: readonly KubeObject[],
  { namespace, identity }: { readonly namespace: string; readonly identity: string },
): readonly Peer[] {
  const peers = new Map<string, Peer>();
  for (const { endpoint, port } of endpointsOf(slices, namespace, xdsServiceName)) {
    const { addresses, conditions, targetRef } = endpoint;
    const [host] = addresses;
    const serves = conditions?.serving ?? conditions?.ready ?? true;
    const name = podName(targetRef) ?? host;
    if (host === undefined || name === undefined || name === identity || !serves) continue;
    // A pod of two families is in two slices.
    if (!peers.has(name)) peers.set(name, { name, host, port });
  }
  return [...peers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The pods that a Service leads clients to now. */
export function findReadyPods(
  slices: readonly KubeObject[],
  { namespace, name }: { readonly namespace: string; readonly name: string },
): readonly string[] {
  const pods = [...endpointsOf(slices, namespace, name)].flatMap(({ endpoint }) => {
    const { conditions, targetRef } = endpoint;
    return conditions?.ready === false ? [] : (podName(targetRef) ?? []);
  });
  return [...new Set(pods)].sort();
}

function* endpointsOf(
  slices: readonly KubeObject[],
  namespace: string,
  service: string,
): Iterable<{ readonly endpoint: Endpoint; readonly port: number }> {
  for (const slice of slices) {
    const { metadata } = slice;
    if (metadata.namespace !== namespace) continue;
    if (metadata.labels?.[serviceNameLabel] !== service) continue;
    const { endpoints = [], ports = [] } = read(endpointSliceKind, slice).value ?? {};
    const port = ports.find(({ port: found }) => found !== undefined)?.port;
    if (port === undefined) continue;
    for (const endpoint of endpoints) yield { endpoint, port };
  }
}

function podName(target: Json | undefined): string | undefined {
  const name = isJsonObject(target) ? target["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}
