/** What becomes of the fields below a place that several kinds or fields have. */

import type { Support } from "../common/support.ts";

/** By their names there. */
export type FieldSupport = Readonly<Record<string, Support>>;

/** Of a field that does what nginx does with it. */
export const served: Support = { support: "honoured" };
