/** Programs of others that a bench needs: given by a variable, on the PATH, in the cache, or installed when that is allowed. */

import { type ExecFileSyncOptions, execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

export interface Wanted {
  readonly name: string;
  /** Names the program when it is set. */
  readonly variable?: string;
  /** Who brings it. */
  readonly from: { readonly wheel: string } | { readonly debian: string };
}

export type Found =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "absent"; readonly reason: string };

export function findProgram(wanted: Wanted, mayInstall: boolean): Found {
  const given = wanted.variable === undefined ? undefined : process.env[wanted.variable];
  if (given !== undefined && given !== "") {
    if (isProgram(given)) return { kind: "found", path: given };
    return { kind: "absent", reason: `${wanted.variable} names ${given}, which is no program` };
  }
  const there = look(wanted);
  if (there !== undefined) return { kind: "found", path: there };
  if (!mayInstall) return { kind: "absent", reason: "it is not there; --install brings it" };
  try {
    install(wanted);
  } catch (error) {
    return { kind: "absent", reason: `it cannot be installed: ${lastLine(error)}` };
  }
  const brought = look(wanted);
  if (brought !== undefined) return { kind: "found", path: brought };
  return { kind: "absent", reason: "its package does not hold it" };
}

function look({ name }: Wanted): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  // Servers of Debian lie where only root's PATH leads.
  return [...directories, "/usr/sbin", join(wheelDirectory(), "bin")]
    .map((directory) => join(directory, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const installLimitMs = 300_000;

function install({ from }: Wanted): void {
  const options: ExecFileSyncOptions = {
    timeout: installLimitMs,
    stdio: ["ignore", "ignore", "pipe"],
  };
  if ("wheel" in from) {
    const target = ["--target", wheelDirectory(), "--upgrade"];
    execFileSync("python3", ["-m", "pip", "install", "--quiet", ...target, from.wheel], options);
    return;
  }
  if (process.getuid?.() !== 0) throw new Error(`only root can install Debian's ${from.debian}`);
  execFileSync("apt-get", ["install", "-y", "-qq", from.debian], options);
}

function wheelDirectory(): string {
  const configured = process.env["XDG_CACHE_HOME"] ?? "";
  const cache = isAbsolute(configured) ? configured : join(homedir(), ".cache");
  return join(cache, "sekisho", "bench");
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : "unknown";
  return text.trimEnd().split("\n").at(-1) ?? text;
}
