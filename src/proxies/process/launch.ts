/** Starts one Envoy and collects its last words when it has ended. */

import type { Files } from "#runtime/files.ts";
import type { Child, Processes } from "#runtime/processes.ts";
import type { EnvoyPaths } from "./envoy-paths.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface LaunchSettings {
  /** Absolute path of the program. */
  readonly program: string;
  readonly paths: EnvoyPaths;
  readonly bootstrap: Uint8Array;
  /** Worker threads. */
  readonly concurrency: number;
  /** Default `warning`. */
  readonly logLevel?: LogLevel;
}

export interface Launched {
  readonly child: Child;
  /** What this Envoy wrote to its log and standard error, at most the last 16 KiB of each. */
  readonly lastWords: () => Promise<string>;
}

const lastWordsBytes = 16 * 1024;
/** Crashes add to the output file; beyond this size it is begun anew. */
const maxOutputBytes = 4 * 1024 * 1024;

/** Writes the bootstrap and starts Envoy in a session of its own. Throws FilesError and ProcessError. */
export async function launchEnvoy(
  deps: { readonly files: Files; readonly processes: Processes },
  settings: LaunchSettings,
): Promise<Launched> {
  const { files, processes } = deps;
  const { paths } = settings;
  await files.makeDirectory(paths.directory, 0o700);
  await files.replace(paths.bootstrap, settings.bootstrap, 0o600);
  if ((await bytesOf(files, paths.output)) > maxOutputBytes) await files.remove(paths.output);
  const written = [paths.log, paths.output];
  const starts = await Promise.all(written.map((file) => bytesOf(files, file)));
  const child = await processes.start({
    command: settings.program,
    args: envoyArguments(settings),
    env: {},
    output: { file: paths.output },
    ownSession: true,
  });
  const lastWords = async (): Promise<string> => {
    const texts = await Promise.all(
      written.map((file, index) => readEnd(files, file, starts[index] ?? 0)),
    );
    return texts.join("\n");
  };
  return { child, lastWords };
}

/** The shared memory of an Envoy that was killed stays behind: 104 bytes each time, without end. */
export async function removeLeftovers(files: Files, paths: EnvoyPaths): Promise<void> {
  if ((await files.status(paths.baseId)) === undefined) return;
  const id = new TextDecoder().decode(await files.read(paths.baseId, 64)).trim();
  await files.remove(paths.baseId);
  if (/^\d+$/.test(id)) await files.remove(`/dev/shm/envoy_shared_memory_${id}0`);
}

function envoyArguments(settings: LaunchSettings): readonly string[] {
  const { paths, concurrency, logLevel = "warning" } = settings;
  return [
    ...["--config-path", paths.bootstrap],
    ...["--concurrency", String(concurrency)],
    ...["--log-path", paths.log],
    ...["--log-level", logLevel],
    // Lines reach the access log within half a second instead of ten.
    ...["--file-flush-interval-msec", "500"],
    // A number of its own, so that several Envoys live side by side and each can be hot restarted.
    "--use-dynamic-base-id",
    ...["--base-id-path", paths.baseId],
  ];
}

async function bytesOf(files: Files, file: string): Promise<number> {
  return (await files.status(file))?.bytes ?? 0;
}

async function readEnd(files: Files, file: string, start: number): Promise<string> {
  const bytes = await bytesOf(files, file);
  // Shorter than at the start: put aside meanwhile, so all of it is new.
  const from = Math.max(bytes < start ? 0 : start, bytes - lastWordsBytes);
  if (bytes <= from) return "";
  return new TextDecoder().decode(await files.readAt(file, from, lastWordsBytes));
}
