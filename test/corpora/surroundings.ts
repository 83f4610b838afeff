/** What a manifest of a corpus needs to serve anything, and has in other files beside it: as their project applies them together. */

import type { Json, JsonObject } from "#base/json.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { ManifestFile } from "./manifests.ts";

/** Files of one example or one test begin with as many names of folders. */
const exampleDepth = 3;

/**
 * The objects of a file, with those of its neighbours that they need: routes that a server delegates, servers of routes that
 * are delegated, masters of minions, policies, and the ports that others open. The nearest neighbour has each of them.
 */
export function withSurroundings(
  file: ManifestFile,
  files: readonly ManifestFile[],
): readonly KubeObject[] {
  const neighbours = neighboursOf(file, files);
  let all = file.objects;
  // A route needs a server, which needs routes, which need policies.
  for (let round = 0; round < 4; round += 1) {
    const found = all
      .flatMap((object) => needsOf(object))
      .map((need) => find(need, all, neighbours));
    const added = found.flatMap((object) => object ?? []);
    const keys = new Set(all.map(keyText));
    all = [...all, ...added.filter((object) => !keys.has(keyText(object)))];
  }
  return movedToTheirServers(unique(all));
}

interface Need {
  readonly is: (object: KubeObject) => boolean;
  /** Where it has to be. Default: where it is. */
  readonly namespace?: string;
}

function find(
  { is, namespace }: Need,
  present: readonly KubeObject[],
  neighbours: readonly KubeObject[],
): KubeObject | undefined {
  if (present.some(is)) return undefined;
  const found = neighbours.find(is);
  return found === undefined || namespace === undefined ? found : inNamespace(found, namespace);
}

function needsOf(object: KubeObject): readonly Need[] {
  const { kind, metadata } = object;
  const spec = record(object.body["spec"]);
  const policies = [spec, ...list(spec["routes"]), ...list(spec["subroutes"])].flatMap((one) =>
    list(one["policies"]).map(({ name, namespace }): Need => {
      const place = `${namespace ?? ""}` === "" ? metadata.namespace : `${namespace}`;
      return { is: named("Policy", `${name}`), namespace: place };
    }),
  );
  const listeners: readonly Need[] =
    spec["listener"] === undefined
      ? []
      : [{ is: ({ kind: one }) => one === "GlobalConfiguration" }];
  switch (kind) {
    case "VirtualServer":
      return [...policies, ...listeners, ...delegatedBy(object)];
    case "VirtualServerRoute":
      return [...policies, { is: (one) => delegatesTo(one, object) }];
    case "TransportServer":
      return listeners;
    case "Ingress":
      return typeOf(object) === "minion" ? [{ is: (one) => typeOf(one) === "master" }] : [];
    default:
      return [];
  }
}

function delegatedBy(server: KubeObject): readonly Need[] {
  return list(record(server.body["spec"])["routes"]).flatMap(({ route }): readonly Need[] => {
    if (typeof route !== "string" || route === "") return [];
    const [name = "", place = server.metadata.namespace] = route.split("/").toReversed();
    return [{ is: named("VirtualServerRoute", name), namespace: place }];
  });
}

function delegatesTo(server: KubeObject, route: KubeObject): boolean {
  const spec = record(server.body["spec"]);
  if (server.kind !== "VirtualServer" || spec["host"] !== record(route.body["spec"])["host"])
    return false;
  return list(spec["routes"]).some(
    ({ route: to, routeSelector }) =>
      routeSelector !== undefined || `${to ?? ""}`.split("/").at(-1) === route.metadata.name,
  );
}

/** Routes without a namespace of their own are applied where the server looks for them. */
function movedToTheirServers(all: readonly KubeObject[]): readonly KubeObject[] {
  const places = new Map(
    all.flatMap((object) =>
      object.kind === "VirtualServer"
        ? delegatedBy(object).map(({ is, namespace = "" }) => [is, namespace] as const)
        : [],
    ),
  );
  return all.map((object) => {
    const place = [...places].find(([is]) => is(object))?.[1];
    const isElsewhere = object.metadata.namespace !== "default";
    return place === undefined || isElsewhere ? object : inNamespace(object, place);
  });
}

function neighboursOf(file: ManifestFile, files: readonly ManifestFile[]): readonly KubeObject[] {
  const own = foldersOf(file.name);
  const sharedWith = ({ name }: ManifestFile): number => {
    const other = foldersOf(name);
    const end = own.findIndex((folder, index) => folder !== other[index]);
    return end < 0 ? own.length : end;
  };
  return files
    .filter((one) => one !== file && sharedWith(one) >= Math.min(exampleDepth, own.length))
    .toSorted((a, b) => sharedWith(b) - sharedWith(a))
    .flatMap(({ objects }) => objects);
}

function foldersOf(name: string): readonly string[] {
  return name.split("/").slice(0, -1);
}

function named(kind: string, name: string): (object: KubeObject) => boolean {
  return (object) => object.kind === kind && object.metadata.name === name;
}

function typeOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations["nginx.org/mergeable-ingress-type"];
}

function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function keyText({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}

function unique(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...new Map(objects.toReversed().map((object) => [keyText(object), object])).values()];
}

function record(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function list(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map((one) => record(one as Json)) : [];
}
