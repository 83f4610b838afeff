/** Writing what may not be there any more. */

import { StoreError } from "./object-store.ts";

/** False when what was to be written, its kind or its namespace is not there. */
export async function unlessGone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return false;
    throw error;
  }
}
