/** What a source of files hands to the embedded store. */

import type { ObjectKey } from "#kinds/object.ts";
import type { Draft } from "../object-store.ts";

/** What files hold now. */
export interface FileBatch {
  readonly set: readonly Draft[];
  readonly removed: readonly ObjectKey[];
  /** Texts of files by path, for the next run; undefined for files that are gone. Default: none. */
  readonly texts?: ReadonlyMap<string, string | undefined>;
  /** With the first complete listing of all files: what earlier runs knew and no file holds any more is gone. */
  readonly complete: boolean;
}
