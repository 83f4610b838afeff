/** Whether this machine can run a lab, and what to do if not. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Older ones cannot build the programs; a go.mod says the same. */
const minGo = { major: 1, minor: 26 };

/** What is missing on this machine, with what to do about it; undefined when a lab can run. */
export async function findObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return "a lab needs Linux: it is made of its namespaces";
  if (process.getuid?.() !== 0)
    return "a lab needs root, for namespaces and mounts: run it as root";
  if (!(await runs("ip", "-V"))) return "a lab needs the program ip: install iproute2";
  if (!(await runs("unshare", "--net", "--mount", "--pid", "--fork", "true"))) {
    return "this machine does not let root make namespaces: run outside of this container, or give it CAP_SYS_ADMIN";
  }
  return await findGoObstacle();
}

async function findGoObstacle(): Promise<string | undefined> {
  const advice = `install Go ${minGo.major}.${minGo.minor} or newer and have it in PATH`;
  try {
    const { stdout } = await run("go", ["env", "GOVERSION"]);
    const [, major = "0", minor = "0"] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
    const recent = Number(major) > minGo.major || Number(minor) >= minGo.minor;
    return recent ? undefined : `${stdout.trim()} is too old for a lab: ${advice}`;
  } catch {
    return `a lab is built with Go, which is not here: ${advice}`;
  }
}

/** As {@link skipWithoutLab}, for what is built with Go and needs nothing else. */
export async function skipWithoutGo(): Promise<string | false> {
  return skipOrFail(await findGoObstacle());
}

async function runs(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(program, args);
    return true;
  } catch {
    return false;
  }
}

/**
 * For the option `skip` of a test: false when it can run, else the reason, which is printed. In CI a machine that
 * cannot run a lab is a failure: nothing would tell that a whole folder of tests never ran.
 */
export async function skipWithoutLab(): Promise<string | false> {
  return skipOrFail(await findObstacle());
}

function skipOrFail(obstacle: string | undefined): string | false {
  if (obstacle === undefined) return false;
  if (process.env["CI"] === "true") throw new Error(obstacle);
  return obstacle;
}
