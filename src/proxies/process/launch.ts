/** Starts one Envoy and collects its last words when it has ended. */

import { contentHash } from "#base/content-hash.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { Child, Command, Processes } from "#runtime/processes/processes.ts";
import { socketArguments } from "./adoption/restart-sockets.ts";
import { sharedMemoryOf } from "./adoption/shared-memory.ts";
import type { EnvoyPaths } from "./envoy-paths.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";

export interface LaunchSettings {
  /** Absolute path of the program. */
  readonly program: string;
  /** What the program says of itself. */
  readonly version: string;
  readonly paths: EnvoyPaths;
  readonly bootstrap: Uint8Array;
  /** Whether it goes on when we are killed, and one that did is taken over. Default true. */
  readonly outlivesUs?: boolean;
  /** Worker threads. */
  readonly concurrency: number;
  /** Default `warning`. */
  readonly logLevel?: LogLevel;
}

/** The Envoy whose listeners the new one takes over. */
export interface Lineage {
  readonly baseId: string;
  /** Of the new one. */
  readonly epoch: number;
  /** The new one ends the old one after so long. */
  readonly retirement: Temporal.Duration;
}

export interface Launched {
  readonly child: Child;
  /** What this Envoy wrote to its log and standard error, at most the last 16 KiB of each. */
  readonly lastWords: () => Promise<string>;
}

/** How many seconds after its start an Envoy ends the one it took over from. */
export const lifetimeOption = "--parent-shutdown-time-s";

const defaultLogLevel: LogLevel = "warning";
const lastWordsBytes = 16 * 1024;
/** Crashes add to the output file; beyond this size it is begun anew. */
const maxOutputBytes = 4 * 1024 * 1024;

/** The variable, as `NAME=value`, that tells whose Envoy a process is. */
export function envoyMark(paths: EnvoyPaths): string {
  return `SEKISHO_ENVOY_DIRECTORY=${paths.directory}`;
}

/** Equal for settings under which one Envoy is as good as another. */
export function fingerprintOf(settings: LaunchSettings): string {
  const { program, version, bootstrap, concurrency, logLevel = defaultLogLevel } = settings;
  return contentHash(program, version, bootstrap, String(concurrency), logLevel);
}

/**
 * Writes the bootstrap and starts Envoy in a session of its own; with `lineage` as the next in a series of hot
 * restarts. Throws FilesError and ProcessError.
 */
export async function launchEnvoy(
  deps: { readonly files: Files; readonly processes: Processes },
  settings: LaunchSettings,
  lineage?: Lineage,
): Promise<Launched> {
  const { files, processes } = deps;
  const { paths } = settings;
  await files.makeDirectory(paths.directory, 0o700);
  await files.makeDirectory(paths.sockets, 0o700);
  await files.replace(paths.bootstrap, settings.bootstrap, 0o600);
  if ((await bytesOf(files, paths.output)) > maxOutputBytes) await files.remove(paths.output);
  const lastWords = await listenForWords(files, paths);
  const child = await processes.start(commandOf(settings, envoyArguments(settings, lineage)));
  return { child, lastWords };
}

/** An Envoy of this directory with these arguments. */
export function commandOf(settings: LaunchSettings, args: readonly string[]): Command {
  const { program, paths, outlivesUs = true } = settings;
  const [name = "", value = ""] = envoyMark(paths).split(/=(.*)/s);
  return {
    command: program,
    args,
    env: { [name]: value },
    cwd: paths.directory,
    output: { file: paths.output },
    ownSession: true,
    orphan: outlivesUs,
  };
}

/** What is written to log and standard error from now on, when it is asked for. */
export async function listenForWords(
  files: Files,
  paths: EnvoyPaths,
): Promise<() => Promise<string>> {
  const written = [paths.log, paths.output];
  const starts = await Promise.all(written.map((file) => bytesOf(files, file)));
  return async () => {
    const texts = await Promise.all(
      written.map((file, index) => readEnd(files, file, starts[index] ?? 0)),
    );
    return texts.join("\n");
  };
}

/** The base id in a file that Envoy wrote; undefined when it wrote none yet. */
export async function readBaseId(files: Files, file: string): Promise<string | undefined> {
  try {
    const id = new TextDecoder().decode(await files.read(file, 64)).trim();
    return /^\d+$/.test(id) ? id : undefined;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === "not-found") return undefined;
    throw cause;
  }
}

/** What an Envoy that was killed leaves behind, sockets and 104 bytes of shared memory each time, without end. */
export async function removeLeftovers(files: Files, paths: EnvoyPaths): Promise<void> {
  const id = await readBaseId(files, paths.baseId);
  await files.remove(paths.baseId);
  await files.remove(paths.sockets);
  if (id !== undefined) await files.remove(sharedMemoryOf(id));
}

function envoyArguments(settings: LaunchSettings, lineage?: Lineage): readonly string[] {
  const { paths, concurrency, logLevel = defaultLogLevel } = settings;
  return [
    ...["--config-path", paths.bootstrap],
    ...["--concurrency", String(concurrency)],
    ...["--log-path", paths.log],
    ...["--log-level", logLevel],
    // Lines reach the access log within half a second instead of ten.
    ...["--file-flush-interval-msec", "500"],
    // Who drains asks its clients to leave with the next answer, not with a chance that grows over ten minutes.
    ...["--drain-strategy", "immediate"],
    ...socketArguments(paths),
    ...(lineage === undefined
      ? // A number of its own, so that several Envoys live side by side and each can be hot restarted.
        ["--use-dynamic-base-id", "--base-id-path", paths.baseId]
      : [
          ...[lifetimeOption, String(Math.floor(lineage.retirement.total("seconds")))],
          ...["--base-id", lineage.baseId, "--restart-epoch", String(lineage.epoch)],
        ]),
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
