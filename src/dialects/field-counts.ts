/** How many of the fields that people wrote are honoured, approximated, refused, or not known to anybody. */

import { kinds } from "#kinds/all.ts";
import { configMapKind } from "#kinds/config-map.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import { ingressClassKind } from "#kinds/ingress-class.ts";
import type { Kind, Known } from "#kinds/kind.ts";
import { keyOf } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { serviceKind } from "#kinds/service.ts";
import { dialects } from "./all.ts";
import {
  annotationField,
  indexSupport,
  rowsOfKind,
  type SupportIndex,
  type SupportRow,
  usesOf,
} from "./common/support.ts";
import type { Dialect } from "./dialect.ts";

export interface FieldCounts {
  readonly honoured: number;
  readonly approximated: number;
  readonly refused: number;
  readonly unknown: number;
}

/** Kinds that dialects share. Those that run pods are not here: what is not done of them, workloads say. */
const sharedKinds: readonly Kind<unknown>[] = [
  configMapKind,
  endpointSliceKind,
  ingressClassKind,
  secretKind,
  serviceKind,
];

/** The rows of {@link sharedKinds}. */
export const sharedSupport = sharedKinds.flatMap(rowsOfKind);

/** Kinds of upstreams that are referred to, or that nobody translates yet: they say themselves what has no effect. */
const idleKinds = (kinds as readonly Kind<unknown>[]).filter(
  ({ id, definition }) =>
    definition !== undefined && !dialects.some((one: Dialect) => one.kinds.includes(id)),
);

/** The rows of kinds that no dialect translates by itself. */
export const idleSupport = idleKinds.flatMap(rowsOfKind);

const all: readonly Dialect[] = dialects;

/** How the paths of annotations begin. */
const annotations = annotationField("").slice(0, -1);

/** What becomes of every field of the objects of a dialect; of nobody's objects, too. */
export function supportIn(dialect: Dialect | undefined): SupportIndex {
  const found = indexes.get(dialect);
  if (found === undefined) throw new Error("a dialect is not listed in all.ts");
  return found;
}

const indexes: ReadonlyMap<Dialect | undefined, SupportIndex> = new Map(
  [undefined, ...all].map((dialect) => [dialect, indexFor(dialect)]),
);

function indexFor(dialect: Dialect | undefined): SupportIndex {
  const others = all.filter((one) => one !== dialect);
  return indexSupport([
    ...others.flatMap(({ support }) => support.filter(isOfAnnotation).map(notApplied)),
    ...sharedSupport,
    ...idleSupport,
    ...(dialect?.support ?? []),
  ]);
}

function isOfAnnotation({ field }: SupportRow): boolean {
  return field.startsWith(annotations);
}

/** Annotations of one dialect do nothing in another. */
function notApplied({ kind, field }: SupportRow): SupportRow {
  return { kind, field, support: "refused", why: "it is another dialect's" };
}

/**
 * Counts each use once; of kinds that are nobody's here, none. A field that its kind does not have no API server takes either: it
 * is refused. Unknown are annotations, which anybody may make up.
 */
export function countFields(
  objects: readonly Known<unknown>[],
  dialectOf: (object: Known<unknown>) => Dialect | undefined,
): FieldCounts {
  const counts = { honoured: 0, approximated: 0, refused: 0, unknown: 0 };
  for (const known of objects) {
    const support = supportIn(dialectOf(known));
    if (!support.has(keyOf(known.object).kind)) continue;
    for (const { row, path } of usesOf(known, support)) {
      const lacking = path.startsWith(annotations) ? "unknown" : "refused";
      counts[row?.support ?? lacking] += 1;
    }
  }
  return counts;
}
