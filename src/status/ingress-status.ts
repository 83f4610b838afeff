/** `status.loadBalancer` of every Ingress that is served: where to reach it. One of which nothing is served has none. */

import type { FindingChange } from "#base/finding.ts";
import { type Json, sameJson } from "#base/json.ts";
import { ingressKind } from "#kinds/ingress.ts";
import { parseKey } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { unlessGone } from "#store/unless-gone.ts";
import { FindingsByObject } from "./findings-by-object.ts";
import { createRounds } from "./rounds.ts";

export interface IngressStatusWriter {
  /** The claim to an object (`formatKey`) may have begun or ended. */
  readonly claimChanged: (key: string) => void;
  /** Findings came or went. */
  readonly found: (change: FindingChange) => void;
  /** The addresses may have changed. */
  readonly addressesChanged: () => void;
  /** Brings the statuses of those objects to what is claimed now; calls made meanwhile count as one. */
  readonly update: () => Promise<void>;
}

/** An entry of `status.loadBalancer.ingress` (Kubernetes API reference, "IngressLoadBalancerIngress"). */
export type LoadBalancerAddress =
  | { readonly ip: string; readonly hostname?: string }
  | { readonly hostname: string };

export interface IngressStatusSettings {
  /** Keys of objects that are served, with their uids. */
  readonly claimed: () => ReadonlyMap<string, string>;
  /** Where they are reached, as entries of `status.loadBalancer.ingress`; none while nobody knows. */
  readonly addresses: () => readonly LoadBalancerAddress[];
  /** Where an object says that it is reached itself; undefined: it is reached at these. */
  readonly reachedAt: (key: string) => LoadBalancerAddress | undefined;
  /** How many hosts an object wants. */
  readonly hostsOf: (key: string) => number;
  /** The object among whose routes those of an object are served. */
  readonly servedBy: (key: string) => string | undefined;
  /** The status that an object was last seen with. */
  readonly statusOf: (key: string) => Json | undefined;
  /** Awaited between two writes, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
}

/** Writes the addresses to Ingresses that are claimed and takes them from those that are not any more. An unchanged status is not written. */
export function createIngressStatusWriter(
  store: ObjectStore,
  { claimed, addresses, statusOf, breathe, ...state }: IngressStatusSettings,
): IngressStatusWriter {
  const serving = new Serving(state);
  const prefix = `${ingressKind.id}/`;
  /** What was written, until the claim ends: a watch may lag behind our own writes. */
  const told = new Map<string, { readonly uid: string; readonly status: Json }>();
  const tell = async (key: string): Promise<void> => {
    const uid = claimed().get(key);
    const before = told.get(key);
    if (uid === undefined) {
      if (before !== undefined) await write(store, key, { loadBalancer: {} });
      told.delete(key);
      return;
    }
    const own = state.reachedAt(key);
    const places = own === undefined ? addresses() : [own];
    const status = statusWith(serving.isUnserved(key) ? [] : places);
    const known = before?.uid === uid ? before.status : statusOf(key);
    if (sameJson(known ?? { loadBalancer: {} }, status) || (await write(store, key, status)))
      told.set(key, { uid, status });
  };
  const rounds = createRounds(tell, breathe);
  return {
    claimChanged: (key) => {
      if (key.startsWith(prefix)) rounds.add(key);
    },
    found: (change) => {
      const touched = serving.take(change);
      if (touched.size === 0) return;
      for (const key of claimed().keys()) {
        if (!key.startsWith(prefix)) continue;
        if (touched.has(key) || touched.has(state.servedBy(key) ?? "")) rounds.add(key);
      }
    },
    addressesChanged: () => {
      for (const key of claimed().keys()) if (key.startsWith(prefix)) rounds.add(key);
    },
    update: rounds.update,
  };
}

/** Reasons of findings after which nothing of an object is served. */
const unserving = ["Rejected", "NoIngressMasterFound"];
const hostTaken = "HostTaken";

/** Which Ingresses have nothing served, by what is found about them. */
class Serving {
  readonly #findings = new FindingsByObject((kind) => kind === ingressKind.id);
  readonly #state: Pick<IngressStatusSettings, "hostsOf" | "servedBy">;

  constructor(state: Pick<IngressStatusSettings, "hostsOf" | "servedBy">) {
    this.#state = state;
  }

  /** The objects of which it may be otherwise now. */
  take({ added, gone }: FindingChange): ReadonlySet<string> {
    const decides = ({ reason }: FindingChange["added"][number]): boolean =>
      reason === hostTaken || unserving.includes(reason);
    return this.#findings.take({ added: added.filter(decides), gone: gone.filter(decides) });
  }

  isUnserved(key: string): boolean {
    const findings = this.#findings.of(key);
    if (findings.some(({ reason }) => unserving.includes(reason))) return true;
    const taken = new Set(findings.map(({ origin }) => origin.path));
    if (taken.size > 0 && taken.size >= this.#state.hostsOf(key)) return true;
    const server = this.#state.servedBy(key);
    return server !== undefined && server !== key && this.isUnserved(server);
  }
}

function statusWith(addresses: readonly LoadBalancerAddress[]): Json {
  return { loadBalancer: addresses.length === 0 ? {} : { ingress: [...addresses] } };
}

/** False when the object is gone. */
function write(store: ObjectStore, key: string, status: Json): Promise<boolean> {
  return unlessGone(store.replaceStatus(parseKey(key), status));
}
