/** Keeps the logs of a running Envoy small: full files are renamed aside and Envoy opens new ones. */

import type { Files } from "#runtime/files.ts";

export interface RotationSettings {
  /** A file of this size or more is put aside. */
  readonly maxBytes: number;
  /** How many files are kept aside of each: `access.log.1` is the newest. */
  readonly keep: number;
}

export const defaultRotation: RotationSettings = { maxBytes: 32 * 1024 * 1024, keep: 3 };

/** The name of the `age`th file put aside; 0 is the file itself. */
export function rotatedName(file: string, age: number): string {
  return age === 0 ? file : `${file}.${age}`;
}

export interface LogRotation {
  /** Puts aside what is full and has it opened anew; true when there was any. Throws FilesError and what reopening throws. */
  readonly rotate: () => Promise<boolean>;
}

/**
 * Between the rename and the reopening Envoy writes on into the renamed file, so no line is lost;
 * a reopening that failed is made up for at the next call.
 */
export function createLogRotation(
  files: Files,
  paths: readonly string[],
  settings: RotationSettings,
  reopen: () => Promise<void>,
): LogRotation {
  let owed = false;
  const rotate = async (): Promise<boolean> => {
    for (const path of paths) {
      const status = await files.status(path);
      if (status === undefined || status.bytes < settings.maxBytes) continue;
      owed = true;
      await putAside(files, path, settings.keep);
    }
    if (!owed) return false;
    await reopen();
    owed = false;
    return true;
  };
  return { rotate };
}

async function putAside(files: Files, path: string, keep: number): Promise<void> {
  await files.remove(rotatedName(path, keep));
  for (let age = keep - 1; age >= 0; age -= 1) {
    const from = rotatedName(path, age);
    if ((await files.status(from)) === undefined) continue;
    await files.rename(from, rotatedName(path, age + 1));
  }
}
