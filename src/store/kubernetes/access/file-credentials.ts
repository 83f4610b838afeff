/** Credentials that lie in files, which others renew (service account tokens, client certificates): read anew each minute. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { StoreError } from "../../object-store.ts";
import type { Credential, Credentials } from "./cluster-access.ts";

export interface FileCredentialsDeps {
  readonly clock: Clock;
  readonly files: Files;
}

/** As client-go reads token files. */
const freshFor = Temporal.Duration.from({ minutes: 1 });
const maxBytes = 1024 * 1024;

/** Credentials made by `read`, kept for a minute. When they cannot be read anew, the last ones are shown. */
export function renewed(clock: Clock, read: () => Promise<Credential>): Credentials {
  let kept: { readonly credential: Credential; readonly until: number } | undefined;
  return {
    current: async () => {
      if (kept !== undefined && clock.monotonicMs() < kept.until) return kept.credential;
      try {
        const credential = await read();
        kept = { credential, until: clock.monotonicMs() + freshFor.total("milliseconds") };
        return credential;
      } catch (error) {
        // Between two states of a mounted directory its files can be missing for a moment.
        if (kept !== undefined) return kept.credential;
        throw error;
      }
    },
    refused: () => {
      if (kept !== undefined) kept = { ...kept, until: 0 };
    },
  };
}

/** The text of a file with credentials; throws StoreError `denied`. */
export async function readSecretFile(files: Files, path: string): Promise<string> {
  try {
    return Buffer.from(await files.read(path, maxBytes)).toString("utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): StoreError {
  return new StoreError("denied", `${path} cannot be read`, { cause });
}
