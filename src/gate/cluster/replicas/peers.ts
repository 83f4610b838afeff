/** Where the other replicas are: the endpoints of the Service that proxies find them by. */

import { isJsonObject, type Json } from "#base/json.ts";
import { endpointSliceKind, serviceNameLabel } from "#kinds/endpoint-slice.ts";
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

/** All but `identity`, the name of our own pod, each once. Those that stop still have proxies. */
export function findPeers(
  slices: readonly KubeObject[],
  { namespace, identity }: { readonly namespace: string; readonly identity: string },
): readonly Peer[] {
  const peers = new Map<string, Peer>();
  for (const slice of slices) {
    const { metadata } = slice;
    if (metadata.namespace !== namespace) continue;
    if (metadata.labels?.[serviceNameLabel] !== xdsServiceName) continue;
    const { endpoints = [], ports = [] } = read(endpointSliceKind, slice).value ?? {};
    const port = ports.find(({ port: found }) => found !== undefined)?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions, targetRef } of endpoints) {
      const [host] = addresses;
      const serves = conditions?.serving ?? conditions?.ready ?? true;
      const name = podName(targetRef) ?? host;
      if (host === undefined || name === undefined || name === identity || !serves) continue;
      // A pod of two families is in two slices.
      if (!peers.has(name)) peers.set(name, { name, host, port });
    }
  }
  return [...peers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function podName(target: Json | undefined): string | undefined {
  const name = isJsonObject(target) ? target["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}
