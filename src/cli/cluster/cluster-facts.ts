/** What is looked at of a cluster before Sekisho serves it. */

import type { JsonObject } from "#base/json.ts";
import { objectsAt, textAt } from "#base/json-path.ts";
import {
  type DefinedKind,
  definedKinds,
  definitionName,
} from "#kinds/custom-resource-definition.ts";
import { errorText } from "#runtime/telemetry/log-fields.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError } from "#store/object-store.ts";

/** A list as the API gave it, or why it did not. */
export type Found = { readonly items: readonly JsonObject[] } | { readonly problem: string };

export interface ClusterFacts {
  readonly version: string;
  /** Where what is ours is or will be. */
  readonly systemNamespace: string;
  readonly classes: Found;
  readonly ingresses: Found;
  readonly webhooks: Found;
  /** Services and EndpointSlices of all namespaces: where webhooks lead. */
  readonly services: Found;
  readonly slices: Found;
  /** Of the system's namespace. */
  readonly leases: Found;
  /** Of the kinds that we define where nobody else does; those that are there. */
  readonly definitions: Found;
}

export const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const admission = "/apis/admissionregistration.k8s.io/v1";

/** Asks for everything at once; what may not be read is a problem of its own. Throws StoreError when nobody answers. */
export async function readClusterFacts(
  store: Pick<KubernetesStore, "call">,
  systemNamespace: string,
): Promise<ClusterFacts> {
  const version = await store.call({ method: "GET", path: "/version" });
  const list = (path: string): Promise<Found> => readList(store, path);
  const [validating, mutating, ...lists] = await Promise.all([
    list(`${admission}/validatingwebhookconfigurations`),
    list(`${admission}/mutatingwebhookconfigurations`),
    list("/apis/networking.k8s.io/v1/ingressclasses"),
    list("/apis/networking.k8s.io/v1/ingresses"),
    list("/api/v1/services"),
    list("/apis/discovery.k8s.io/v1/endpointslices"),
    list(`/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases`),
  ]);
  const [classes, ingresses, services, slices, leases] = lists;
  const definitions = await readDefinitions(store);
  return {
    version: textAt(version, "gitVersion") ?? "unknown",
    systemNamespace,
    webhooks: both(
      ofKind(validating, "ValidatingWebhookConfiguration"),
      ofKind(mutating, "MutatingWebhookConfiguration"),
    ),
    classes,
    ingresses,
    services,
    slices,
    leases,
    definitions,
  };
}

/** One by one: a list of them can be larger than everything else in a cluster. */
async function readDefinitions(store: Pick<KubernetesStore, "call">): Promise<Found> {
  try {
    const found = await Promise.all(definedKinds.map((kind) => findDefinition(store, kind)));
    return { items: found.filter((one) => one !== undefined) };
  } catch (error) {
    return { problem: errorText(error) };
  }
}

/** The definition of a kind, when the cluster has one. Throws StoreError. */
export async function findDefinition(
  store: Pick<KubernetesStore, "call">,
  kind: DefinedKind,
): Promise<JsonObject | undefined> {
  try {
    const path = `${definitionsPath}/${definitionName(kind)}`;
    return (await store.call({ method: "GET", path })) as JsonObject;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return undefined;
    throw error;
  }
}

async function readList(store: Pick<KubernetesStore, "call">, path: string): Promise<Found> {
  try {
    const answer = await store.call({ method: "GET", path });
    return { items: objectsAt(answer, "items") };
  } catch (error) {
    return { problem: errorText(error) };
  }
}

/** Items of a list do not say what they are. */
function ofKind(found: Found, kind: string): Found {
  return "items" in found ? { items: found.items.map((item) => ({ ...item, kind })) } : found;
}

function both(a: Found, b: Found): Found {
  if (!("items" in a)) return a;
  return "items" in b ? { items: [...a.items, ...b.items] } : b;
}
