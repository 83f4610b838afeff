/** Whether one Envoy can hand its listeners to another: both programs must speak the same hot restart protocol. */

import type { Files } from "#runtime/files.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import { type LaunchSettings, readBaseId } from "../launch.ts";
import type { RecordedEnvoy } from "./envoy-roster.ts";

/** Undefined when the Envoy that runs can be hot restarted into the one wanted. */
export async function whyNoHotRestart(
  deps: { readonly files: Files; readonly processes: Processes },
  wanted: LaunchSettings,
  running: RecordedEnvoy,
): Promise<string | undefined> {
  if ((await readBaseId(deps.files, wanted.paths.baseId)) === undefined) {
    return "the base id of the Envoy that runs is not known";
  }
  // The program as it was started, also when its file was replaced since.
  const old = await hotRestartVersion(deps.processes, `/proc/${running.pid}/exe`);
  const next = await hotRestartVersion(deps.processes, wanted.program);
  if (old !== undefined && old === next) return undefined;
  return `the Envoy that runs has hot restart version ${old ?? "unknown"}, the new one ${next ?? "unknown"}`;
}

/** As `11.104`; undefined when the program does not say. */
async function hotRestartVersion(
  processes: Processes,
  program: string,
): Promise<string | undefined> {
  try {
    const run = await processes.run({ command: program, args: ["--hot-restart-version"], env: {} });
    // Envoy says it on standard error.
    return /^\d+\.\d+/m.exec(`${run.stdout}\n${run.stderr}`)?.[0];
  } catch (cause) {
    if (cause instanceof ProcessError) return undefined;
    throw cause;
  }
}
