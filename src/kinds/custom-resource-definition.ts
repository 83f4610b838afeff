/** The CustomResourceDefinition of a kind that Kubernetes does not serve by itself, made of what the kind says. */

import type { Json, JsonObject } from "#base/json.ts";
import { anyShape, type Shape } from "#base/shape.ts";
import { kinds } from "./all.ts";
import type { Column, Definition, Kind } from "./kind.ts";

/** A kind of which we can make a definition. */
export type DefinedKind = Kind<unknown> & { readonly definition: Definition };

/** By this label we know a definition of ours, whoever applied it. */
export const ourDefinition = { "app.kubernetes.io/managed-by": "sekisho" } as const;

/** The kinds that we define where nobody else does. */
export const definedKinds: readonly DefinedKind[] = (kinds as readonly Kind<unknown>[]).filter(
  (kind) => kind.definition !== undefined,
) as readonly DefinedKind[];

/** `virtualservers.k8s.nginx.org` */
export function definitionName({ plural, group }: Kind<unknown>): string {
  return `${plural}.${group}`;
}

/** The whole object, as it is applied. */
export function customResourceDefinition(kind: DefinedKind): JsonObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: definitionName(kind), labels: ourDefinition },
    spec: {
      group: kind.group,
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      names: namesOf(kind),
      versions: [
        { name: kind.version, served: true, storage: true, ...versionOf(kind) },
        ...(kind.definition.retiredVersions ?? []).map((name) => ({
          name,
          served: true,
          storage: false,
          deprecated: true,
          deprecationWarning: `${kind.group}/${name} ${kind.kind} is retired: write ${kind.group}/${kind.version}`,
          ...versionOf(kind),
        })),
      ],
    },
  };
}

/** `kubectl get sekisho` shows the objects of every kind that we define. */
const categories = ["sekisho"];

function namesOf({ kind, plural, shortNames, definition }: DefinedKind): JsonObject {
  return {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    categories: [...categories, ...(definition.categories ?? [])],
  };
}

const ofStatus = "What whoever serves it says of it.";

function versionOf({ parse, columns, definition }: DefinedKind): JsonObject {
  const { description, status, selectableFields = [] } = definition;
  const body = parse.shape ?? anyShape;
  const schema: Shape = {
    ...body,
    type: "object",
    description,
    properties: {
      ...body.properties,
      ...(status === undefined
        ? {}
        : { status: { ...(status.shape ?? anyShape), description: ofStatus } }),
    },
  };
  return {
    schema: { openAPIV3Schema: plain(schema) },
    ...(status === undefined ? {} : { subresources: { status: {} } }),
    additionalPrinterColumns: [
      ...columns.filter(({ wide }) => wide !== true).flatMap(printerColumn),
      { name: "AGE", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ...columns.filter(({ wide }) => wide === true).flatMap(printerColumn),
    ],
    ...(selectableFields.length === 0
      ? {}
      : { selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })) }),
  };
}

/** Of a column that only we can print kubectl knows nothing. */
function printerColumn({ title, wide, jsonPath }: Column<unknown>): readonly JsonObject[] {
  if (jsonPath === undefined) return [];
  return [{ name: title, type: "string", jsonPath, ...(wide === true ? { priority: 1 } : {}) }];
}

/** A shape is plain data. */
function plain(shape: Shape): Json {
  return JSON.parse(JSON.stringify(shape)) as Json;
}
