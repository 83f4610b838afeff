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
import { indexSupport, rowsOfKind, usesOf } from "./common/support.ts";
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

/** What becomes of every field that is counted. */
export const fieldSupport = indexSupport([
  ...sharedSupport,
  ...idleSupport,
  ...(dialects as readonly Dialect[]).flatMap((one) => one.support),
]);

/** Counts each use once; of kinds that are nobody's here, none. */
export function countFields(objects: readonly Known<unknown>[]): FieldCounts {
  const counts = { honoured: 0, approximated: 0, refused: 0, unknown: 0 };
  for (const known of objects) {
    if (!fieldSupport.has(keyOf(known.object).kind)) continue;
    for (const { row } of usesOf(known, fieldSupport)) counts[row?.support ?? "unknown"] += 1;
  }
  return counts;
}
