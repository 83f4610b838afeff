/** Which Envoy a program is, asked from the program itself. */

import type { Result } from "#base/result.ts";
import { err, ok } from "#base/result.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";

/** `1.40.0`, or in a sentence why `path` is no working Envoy. */
export async function readEnvoyVersion(
  processes: Processes,
  path: string,
): Promise<Result<string, string>> {
  try {
    const run = await processes.run({ command: path, args: ["--version"], env: {} });
    const version = parseEnvoyVersion(run.stdout);
    if (version !== undefined) return ok(version);
    const said = firstLine(run.stderr) ?? firstLine(run.stdout) ?? "it printed nothing";
    return err(`it does not run as Envoy: ${said}`);
  } catch (cause) {
    if (cause instanceof ProcessError) return err(cause.message);
    throw cause;
  }
}

/** From `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`. */
function parseEnvoyVersion(output: string): string | undefined {
  return /version: [0-9a-f]+\/(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

function firstLine(output: string): string | undefined {
  return output.split("\n").find((line) => line.trim() !== "");
}
