/** moto as AWS, for one test: an emulator that other people wrote. Installed once, of the versions in requirements.txt. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "#test/bench/measure/waiting.ts";
import { cached, keepInUse, keyOf } from "#test/lab/build/cache.ts";
import { startGuarded } from "#test/pebble/guarded-program.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";

const run = promisify(execFile);
const folder = import.meta.dirname;
const installMs = 300_000;
const startMs = 60_000;

export interface Moto extends AsyncDisposable {
  readonly url: string;
}

/**
 * Where it is, or why it is not: there is no Python, or the packages cannot be fetched. In CI the latter is a failure: nothing
 * would tell that the tests never ran.
 */
export async function bringMoto(): Promise<{ readonly place: string } | { readonly skip: string }> {
  try {
    await run("python3", ["-m", "pip", "--version"]);
  } catch {
    return { skip: "moto needs python3 with pip, which is not here" };
  }
  try {
    const place = await cached(`moto-${keyOf(folder, ["requirements.txt"], [])}`, install);
    keepInUse([place]);
    return { place };
  } catch (error) {
    if (process.env["CI"] === "true") throw error;
    return { skip: `moto cannot be installed: ${String(error).split("\n")[0]}` };
  }
}

async function install(place: string): Promise<void> {
  const requirements = join(folder, "requirements.txt");
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check"];
  await run("python3", ["-m", "pip", "install", ...quiet, "--target", place, "-r", requirements], {
    timeout: installMs,
  });
}

/** Starts it on a free port. */
export async function startMoto(place: string): Promise<Moto> {
  const { port } = await freePorts("port");
  const program = await startGuarded(
    ["python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", `${port}`],
    { PYTHONPATH: place, PYTHONDONTWRITEBYTECODE: "1" },
  );
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(() => answers(url), { what: "moto", longestMs: startMs, everyMs: 100 });
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}
