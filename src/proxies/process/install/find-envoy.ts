/** Which Envoy to run: the one asked for, one on the PATH, the one in the cache, or a fresh install. */

import path from "node:path";
import { type Files, FilesError } from "#runtime/files.ts";
import { EnvoyUnavailable } from "./envoy-unavailable.ts";
import { readEnvoyVersion } from "./envoy-version.ts";
import type { InstallDeps, InstallSettings } from "./install-envoy.ts";
import { cachedEnvoyPath, installEnvoy, isCached } from "./install-envoy.ts";
import { pinnedMinor, pinnedVersion } from "./pinned-release.ts";

export interface FindEnvoySettings {
  /** `--envoy`. */
  readonly asked?: string;
  /** Our own environment: PATH, SEKISHO_ENVOY, XDG_CACHE_HOME and HOME count, and all of it goes to pip. */
  readonly env: Readonly<Record<string, string>>;
  /** Called with a sentence at each step that takes time, and for each program that was passed over. */
  readonly progress: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface FoundEnvoy {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  readonly from: "--envoy" | "SEKISHO_ENVOY" | "PATH" | "cache" | "installed";
}

/** Finds or installs Envoy; throws EnvoyUnavailable. */
export async function findEnvoy(
  deps: InstallDeps,
  settings: FindEnvoySettings,
): Promise<FoundEnvoy> {
  if (settings.asked !== undefined) return named(deps, settings, settings.asked, "--envoy");
  const fromEnvironment = settings.env["SEKISHO_ENVOY"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    return named(deps, settings, fromEnvironment, "SEKISHO_ENVOY");
  }
  return (await onPath(deps, settings)) ?? cachedOrInstalled(deps, settings);
}

/** What a person named is taken whatever its version, or it is an error: never another in its place. */
async function named(
  deps: InstallDeps,
  settings: FindEnvoySettings,
  given: string,
  from: "--envoy" | "SEKISHO_ENVOY",
): Promise<FoundEnvoy> {
  const program = path.resolve(given);
  const version = await readEnvoyVersion(deps.processes, program);
  if (!version.ok) {
    const missing = (await deps.files.status(program)) === undefined;
    throw new EnvoyUnavailable(
      "not-envoy",
      `${from} names ${program}: ${missing ? "there is no such file" : version.error}`,
      {
        advice: `name an Envoy ${pinnedMinor} program, or leave ${from} away to have one installed`,
      },
    );
  }
  if (!isPinnedMinor(version.value)) {
    settings.progress(
      `${program} is Envoy ${version.value}; Sekisho is made for ${pinnedMinor}, so some configuration may be refused`,
    );
  }
  return { path: program, version: version.value, from };
}

async function onPath(
  deps: InstallDeps,
  settings: FindEnvoySettings,
): Promise<FoundEnvoy | undefined> {
  const directories = (settings.env["PATH"] ?? "").split(path.delimiter);
  for (const directory of directories) {
    if (!path.isAbsolute(directory)) continue;
    const program = path.join(directory, "envoy");
    if (!(await isFile(deps.files, program))) continue;
    const version = await readEnvoyVersion(deps.processes, program);
    if (version.ok && isPinnedMinor(version.value)) {
      return { path: program, version: version.value, from: "PATH" };
    }
    const reason = version.ok ? `it is Envoy ${version.value}, not ${pinnedMinor}` : version.error;
    settings.progress(`passing over ${program}: ${reason}`);
  }
  return undefined;
}

/** As a shell does it: a directory of the PATH that cannot be looked into holds nothing for us. */
async function isFile(files: Files, program: string): Promise<boolean> {
  try {
    return (await files.status(program))?.kind === "file";
  } catch (cause) {
    if (cause instanceof FilesError) return false;
    throw cause;
  }
}

async function cachedOrInstalled(
  deps: InstallDeps,
  settings: FindEnvoySettings,
): Promise<FoundEnvoy> {
  const cacheDirectory = userCacheDirectory(settings.env);
  const program = cachedEnvoyPath(deps.platform, cacheDirectory);
  if (await isCached(deps.files, program, deps.platform)) {
    return { path: program, version: pinnedVersion, from: "cache" };
  }
  const install: InstallSettings = { ...settings, cacheDirectory };
  await installEnvoy(deps, install);
  const version = await readEnvoyVersion(deps.processes, program);
  if (!version.ok) {
    throw new EnvoyUnavailable(
      "not-envoy",
      `the installed Envoy does not start: ${version.error}`,
      {
        advice: `see whether ${cacheDirectory} is on a disk mounted noexec, or give your own Envoy ${pinnedMinor} with --envoy PATH`,
      },
    );
  }
  return { path: program, version: version.value, from: "installed" };
}

/** XDG Base Directory Specification: an unset or relative XDG_CACHE_HOME means `$HOME/.cache`. */
function userCacheDirectory(env: Readonly<Record<string, string>>): string {
  const configured = env["XDG_CACHE_HOME"] ?? "";
  if (path.isAbsolute(configured)) return path.join(configured, "sekisho");
  const home = env["HOME"] ?? "";
  if (path.isAbsolute(home)) return path.join(home, ".cache", "sekisho");
  throw new EnvoyUnavailable("cache", "neither XDG_CACHE_HOME nor HOME is set", {
    advice: "set XDG_CACHE_HOME to a directory that may hold 200 MB, or give --envoy PATH",
  });
}

function isPinnedMinor(version: string): boolean {
  return version.startsWith(`${pinnedMinor}.`);
}
