/** Objects as YAML, JSON, names and table rows, as kubectl prints them. */

import { DUMP_SCHEMA, defineScalarTag, dump, NOT_RESOLVED } from "js-yaml";
import type { JsonObject } from "#base/json.ts";
import { resolveScalar } from "#base/yaml/resolve-scalar.ts";
import { type Kind, type Known, read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { formatAge } from "./age.ts";
import { formatTable } from "./table.ts";

export interface TableOptions {
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly now: Temporal.Instant;
}

/** The table that `get` prints for objects of one kind. */
export function formatObjects(
  kind: Kind<unknown>,
  objects: readonly KubeObject[],
  options: TableOptions,
): string {
  const columns = kind.columns.filter((column) => column.wide !== true);
  const wide = options.wide ? kind.columns.filter((column) => column.wide === true) : [];
  const titles = [
    ...(options.withNamespace ? ["NAMESPACE"] : []),
    "NAME",
    ...columns.map((column) => column.title),
    "AGE",
    ...wide.map((column) => column.title),
  ];
  const rows = objects.map((object) => {
    const known: Known<unknown> = read(kind, object);
    return [
      ...(options.withNamespace ? [object.metadata.namespace] : []),
      object.metadata.name,
      ...columns.map((column) => column.value(known)),
      formatAge(object.metadata.creationTimestamp, options.now),
      ...wide.map((column) => column.value(known)),
    ];
  });
  return formatTable(titles, rows);
}

/** An object as a manifest: what is empty is left out. */
export function manifestOf(object: KubeObject): JsonObject {
  const { metadata } = object;
  const { namespace, labels, annotations, finalizers, ownerReferences, ...rest } = metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      ...rest,
      ...(namespace === "" ? {} : { namespace }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(ownerReferences.length === 0
        ? {}
        : { ownerReferences: ownerReferences.map((owner) => ({ ...owner })) }),
    },
    ...object.body,
    ...(object.status === undefined ? {} : { status: object.status }),
  };
}

/** What ends a document at the start of a line (YAML 1.1 §4.3): a key may stand there. */
const documentMark = /^(---|\.\.\.)(\s|$)/;

/** Texts that kubectl would read as something else, though the library would not: `-_0` is 0. They are quoted. */
const readOtherwise = defineScalarTag<string>("!read-otherwise", {
  implicit: true,
  identify: () => false,
  resolve: (text) => {
    if (documentMark.test(text)) return text;
    const read = resolveScalar({ kind: "scalar", start: 0, tag: "", text, implicit: true });
    return typeof read === "string" || read.type === "str" ? NOT_RESOLVED : text;
  },
});
const schema = DUMP_SCHEMA.withTags(readOtherwise);

/** YAML text of plain data. */
export function formatYaml(data: unknown): string {
  return dump(data, { schema, lineWidth: -1, noRefs: true, sortKeys: false });
}
