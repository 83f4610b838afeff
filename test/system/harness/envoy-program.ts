/** The Envoy that tests run: found as Sekisho finds it, once a process. */

import { findEnvoy } from "#proxies/process/install/find-envoy.ts";
import { createProcesses } from "#runtime/processes/real-processes.ts";
import { createFiles } from "#runtime/real-files.ts";
import { readPlatform } from "#runtime/real-platform.ts";
import { createRandom } from "#runtime/real-random.ts";

let program: Promise<string> | undefined;

/** Its absolute path; downloads it when it is not in the cache. */
export function envoyProgram(): Promise<string> {
  program ??= find();
  return program;
}

async function find(): Promise<string> {
  const deps = {
    files: createFiles(),
    processes: createProcesses(),
    platform: readPlatform(),
    random: createRandom(),
  };
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  const { path } = await findEnvoy(deps, { env, progress: (message) => console.error(message) });
  return path;
}
