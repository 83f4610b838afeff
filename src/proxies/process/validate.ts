/** Asks Envoy itself whether it would take a configuration, without serving it. */

import path from "node:path";
import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";
import type { Refusal } from "#envoy/refusal.ts";
import { explainRefusal } from "#envoy/refusal.ts";
import type { Files } from "#runtime/files.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";

export interface ValidateSettings {
  /** Absolute path of the Envoy program. */
  readonly program: string;
  /** A directory only we may read: the bootstrap may hold private keys, and is removed again. */
  readonly directory: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs `envoy --mode validate` on an encoded bootstrap: what is in it is built as if it were to be
 * served, what it fetches by xDS is not looked at. Throws FilesError, ProcessError, and the
 * signal's reason.
 */
export async function validateBootstrap(
  deps: { readonly files: Files; readonly processes: Processes; readonly random: Random },
  settings: ValidateSettings,
  bootstrap: Uint8Array,
): Promise<Result<undefined, Refusal>> {
  const file = path.join(settings.directory, `validate-${deps.random.uuid()}.pb`);
  try {
    await deps.files.makeDirectory(settings.directory, 0o700);
    await deps.files.replace(file, bootstrap, 0o600);
    const mode = ["--mode", "validate", "--log-level", "warning", "--concurrency", "1"];
    const args = [...mode, "--config-path", file];
    const run = await deps.processes.run(
      { command: settings.program, args, env: {} },
      settings.signal,
    );
    if (run.code === 0) return ok(undefined);
    return err(explainRefusal(parseValidation(run.stderr), []));
  } finally {
    await deps.files.remove(file);
  }
}

/** The reason behind `error initializing configuration '…': `, or all that was printed. */
function parseValidation(output: string): string {
  return /error initializing configuration '[^']*': ([\s\S]*)/.exec(output)?.[1]?.trim() ?? output;
}
