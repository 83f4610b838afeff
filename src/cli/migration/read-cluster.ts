/** A cluster → what cert-manager has left there. Of Secrets only those that Certificates name are read. */

import type { JsonObject } from "#base/json.ts";
import { objectsAt, textAt } from "#base/json-path.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { StoreError } from "#store/object-store.ts";
import { type LeftBehind, leftBehind, leftKinds } from "./left-behind.ts";

type Api = Pick<KubernetesStore, "call">;

/** Secrets are read one by one; an API server need not be asked for all at a time. */
const atOnce = 8;

const leasePath =
  "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cert-manager-controller";
const admission = "/apis/admissionregistration.k8s.io/v1";

/** Lists everything; what may not be read counts as unknown where that makes a difference. Throws StoreError. */
export async function readCluster(api: Api): Promise<LeftBehind> {
  const lists = await Promise.all(
    leftKinds.map(async ({ group, version, kind, plural }) => {
      const items = (await read(api, `/apis/${group}/${version}/${plural}`, "items")) ?? [];
      return items.map((one): JsonObject => ({ ...one, apiVersion: `${group}/${version}`, kind }));
    }),
  );
  const listed = async (kind: string, path: string): Promise<readonly JsonObject[]> =>
    ((await readAllowed(api, path, "items")) ?? []).map((one) => ({ ...one, kind }));
  const around = await Promise.all([
    listed("ValidatingWebhookConfiguration", `${admission}/validatingwebhookconfigurations`),
    listed("MutatingWebhookConfiguration", `${admission}/mutatingwebhookconfigurations`),
    listed("EndpointSlice", "/apis/discovery.k8s.io/v1/endpointslices"),
    listed("Ingress", "/apis/networking.k8s.io/v1/ingresses"),
    readAllowed(api, leasePath, "whole"),
    definitionsOf(api),
  ]);
  const objects = lists.flat();
  const { secrets, unknown } = await readSecrets(api, objects);
  return leftBehind(
    [...objects, ...secrets, ...around.flatMap((one) => one ?? [])],
    (namespace, name) => unknown.has(`${namespace}/${name}`),
  );
}

/** One by one: a list of all of them can be larger than everything else in a cluster. */
async function definitionsOf(api: Api): Promise<readonly JsonObject[]> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const found = await Promise.all(
    leftKinds.map(({ plural, group }) => readAllowed(api, `${path}/${plural}.${group}`, "whole")),
  );
  return found.flatMap((one) => one ?? []);
}

async function readSecrets(
  api: Api,
  objects: readonly JsonObject[],
): Promise<{ readonly secrets: readonly JsonObject[]; readonly unknown: ReadonlySet<string> }> {
  const names = new Set(
    objects.flatMap((one) => {
      const secret = textAt(one, "spec", "secretName");
      const namespace = textAt(one, "metadata", "namespace");
      return one["kind"] === "Certificate" && secret !== undefined
        ? [`${namespace}/${secret}`]
        : [];
    }),
  );
  const secrets: JsonObject[] = [];
  const unknown = new Set<string>();
  const left = [...names];
  const work = async (): Promise<void> => {
    for (let key = left.pop(); key !== undefined; key = left.pop()) {
      const [namespace = "", name = ""] = key.split("/");
      const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
      const found = await readAllowed(api, path, "whole");
      if (found === undefined) unknown.add(key);
      else secrets.push(...found);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { secrets, unknown };
}

/** Undefined: it may not be read. */
async function readAllowed(
  api: Api,
  path: string,
  what: "items" | "whole",
): Promise<readonly JsonObject[] | undefined> {
  try {
    return await read(api, path, what);
  } catch (error) {
    if (error instanceof StoreError && error.code === "denied") return undefined;
    throw error;
  }
}

/** What is not there, or is of a kind that is not defined, is nothing. */
async function read(
  api: Api,
  path: string,
  what: "items" | "whole",
): Promise<readonly JsonObject[]> {
  try {
    const answer = await api.call({ method: "GET", path });
    return what === "items" ? objectsAt(answer, "items") : [answer as JsonObject];
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return [];
    throw error;
  }
}
