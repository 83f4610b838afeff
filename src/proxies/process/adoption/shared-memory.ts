/** The little memory that the Envoys of one base id share. */

import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { EnvoyAdmin } from "../admin.ts";

/** Flags follow size, version and two locks (hot restart version 11.104, whose second number is the size). */
const flagsOffset = 96;
const flagsBytes = 8;

/** Its file. */
export function sharedMemoryOf(baseId: string): string {
  return `/dev/shm/envoy_shared_memory_${baseId}0`;
}

/**
 * An Envoy says there that it starts, and no other starts until it has come to serve: one that died on the way would
 * keep all others from it. `admin` answers for the Envoy that serves; when nobody does, the one that died took its
 * place there. Called while none starts.
 */
export async function forgetInterruptedStart(
  {
    files,
    admin,
  }: { readonly files: Files; readonly admin: Pick<EnvoyAdmin, "isReady" | "epoch"> },
  baseId: string,
): Promise<void> {
  // Who answers and is not ready has written it and starts still.
  if (!(await admin.isReady()) && (await admin.epoch()) !== undefined) return;
  try {
    const memory = sharedMemoryOf(baseId);
    const size = (await files.status(memory))?.bytes;
    if (size !== flagsOffset + flagsBytes) return;
    await files.writeAt(memory, flagsOffset, new Uint8Array(flagsBytes));
  } catch (cause) {
    // Then Envoy says what is wrong with it.
    if (!(cause instanceof FilesError)) throw cause;
  }
}
