/** The state of a standalone gate, gathered from its parts. */

import { readTlsSecret } from "#certificates/tls-secret.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { podCondition, podIp, podKind, podPhase } from "#kinds/pod.ts";
import { type Secret, secretKind } from "#kinds/secret.ts";
import { secretNames } from "#model/fragment.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { Ports } from "../ports/ports.ts";
import { reachableAddress } from "../ports/reachable-address.ts";
import { sampleRequest, servedUrls } from "../ports/served-urls.ts";
import type { Standalone } from "../standalone.ts";
import type { CertificateStatus, GateStatus, PodStatus } from "./gate-status.ts";
import { proxyStatuses } from "./proxy-status.ts";

export interface StatusFacts {
  readonly version: string;
  readonly envoyVersion: string;
  readonly state: string;
  readonly ports: Ports;
  readonly address: string;
  readonly directories: readonly string[];
  readonly data: string;
}

export async function gateStatus(
  store: ObjectStore,
  standalone: Standalone,
  facts: StatusFacts,
): Promise<GateStatus> {
  const { gate, envoy } = standalone;
  const { gateway } = gate.pipeline;
  const place = { ports: facts.ports, address: reachableAddress(facts.address) };
  const sample = sampleRequest(gateway, place);
  return {
    version: facts.version,
    envoy: { version: facts.envoyVersion, state: facts.state, pid: envoy.identity()?.pid },
    ports: { http: facts.ports.http, https: facts.ports.https },
    urls: servedUrls(gateway, place),
    ...(sample === undefined ? {} : { sample }),
    certificates: await certificatesOf(store, standalone),
    pods: await podsOf(store),
    proxies: proxyStatuses(gate.xds),
    directories: facts.directories,
    data: facts.data,
  };
}

/** A certificate is read once, however often somebody looks at the status. */
const expiries = new WeakMap<KubeObject, { readonly notAfter?: string }>();

function expiryOf(object: KubeObject): { readonly notAfter?: string } {
  const known = expiries.get(object);
  if (known !== undefined) return known;
  const { value } = read<Secret>(secretKind, object);
  const pair = value === undefined ? undefined : readTlsSecret(value);
  const expiry = pair?.ok === true ? { notAfter: pair.value.facts.notAfter } : {};
  expiries.set(object, expiry);
  return expiry;
}

async function certificatesOf(
  store: ObjectStore,
  { gate }: Standalone,
): Promise<readonly CertificateStatus[]> {
  const { gateway } = gate.pipeline;
  const names = new Map<string, string[]>();
  for (const serverName of gateway.serverNames()) {
    const use = gateway.certificateOf(serverName)?.use;
    if (use === undefined) continue;
    const name = serverName.replace("**.", "*.");
    for (const secret of secretNames(use)) {
      const known = names.get(secret);
      if (known === undefined) names.set(secret, [name]);
      else known.push(name);
    }
  }
  return await Promise.all(
    [...names].map(async ([secret, serverNames]) => {
      const [namespace = "", name = ""] = secret.split("/");
      const object = await store.get({ kind: secretKind.id, namespace, name });
      return { secret, serverNames, ...(object === undefined ? {} : expiryOf(object)) };
    }),
  );
}

async function podsOf(store: ObjectStore): Promise<readonly PodStatus[]> {
  const { items } = await store.list(podKind.id);
  return items.map((pod) => {
    const address = podIp(pod);
    const { namespace, name } = pod.metadata;
    const ready = podCondition(pod, "Ready")?.holds === true;
    return {
      namespace,
      name,
      ready,
      phase: podPhase(pod),
      ...(address === undefined ? {} : { address }),
    };
  });
}
