/** Builds programs of Go modules of this folder, with the versions that their go.mod pins. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Progress } from "./progress.ts";

/** Where the Go modules of the lab are. */
export const programs = join(import.meta.dirname, "..", "programs");

export interface GoBuild {
  /** The module's folder below `programs`. */
  readonly module: string;
  /** Its folder in the module, or the import path of a package that the module requires. */
  readonly package: string;
  /** Values of string variables that the linker sets. */
  readonly stamps?: Readonly<Record<string, string>>;
}

const lastLines = 20;

/** It begins with the name of a host. */
function isImportPath(name: string): boolean {
  return /^[\w-]+\.\w[\w.-]*\//.test(name);
}

/** Builds one program into a file. Rejects with what the compiler said. */
export function buildGo(build: GoBuild, output: string, progress: Progress): Promise<void> {
  const stamps = Object.entries(build.stamps ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const link = ["-s", "-w", ...stamps].join(" ");
  const args = [
    "build",
    "-v",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    link,
    "-o",
    output,
    isImportPath(build.package) ? build.package : `./${build.package}`,
  ];
  const child = spawn("go", args, {
    cwd: join(programs, build.module),
    // What the committed go.sum does not name is not used.
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said: string[] = [];
  let compiled = 0;
  createInterface(child.stderr).on("line", (line) => {
    said.push(line);
    if (said.length > lastLines) said.shift();
    compiled += 1;
    progress.show(`(${compiled} packages, now ${line})`);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go build of ${build.package} failed:\n${said.join("\n")}`));
    });
  });
}
