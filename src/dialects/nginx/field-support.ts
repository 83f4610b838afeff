/** What becomes of the fields below a place that several kinds or fields have. */

import type { KindId } from "#kinds/object.ts";
import type { Support, SupportRow } from "../common/support.ts";

/** By their names there. */
export type FieldSupport = Readonly<Record<string, Support>>;

/** Of a field that does what nginx does with it. */
export const served: Support = { support: "honoured" };

/** The rows of a kind for fields below a place. */
export function rowsAt(kind: KindId, place: string, fields: FieldSupport): readonly SupportRow[] {
  return Object.entries(fields).map(([name, support]) => ({
    kind,
    field: `${place}.${name}`,
    ...support,
  }));
}
