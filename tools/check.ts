/** Runs the checks: types, lint, generated files and tests; `--lab` adds the slow ones, `--soak` runs the slowest alone. */

import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { compareText } from "../src/base/compare.ts";

const root = join(import.meta.dirname, "..");
/** What `check` leaves out, each with the command that runs it. */
const slowFolders: Readonly<Record<string, string>> = {
  "test/lab": "npm test",
  "test/pebble": "npm test",
  "test/judges": "npm test",
  "test/moto": "npm test",
  "test/restarts": "npm test",
  "test/bench": "npm run soak",
  "test/soak": "npm run soak",
};
/** System tests wait for programs that start and end: with one more than cores no core is idle while they do. */
const concurrency = availableParallelism() + 1;
/** Run first, as they take longest: the small ones then fill what is left of the cores. */
const longFolders = [
  "test/lab/conformance",
  "test/lab",
  "test/restarts",
  "test/system",
  "test/differential",
  "test/properties",
] as const;
/** Tests that leave nothing behind in their process share one: to load the sources for each file cost half of their time. */
const sharingFolders = ["src", "test/documents", "test/security"] as const;
/** A test that takes longer hangs; those of slow folders may take their time. */
const testLimitMs = 600_000;
/** How much of the tests with random input is played, for the minutes that a command may take; a soak plays all. */
const samples = {
  check: {
    SEKISHO_WORLDS: "12",
    SEKISHO_FAULTS: "8",
    SEKISHO_PROPERTY_RUNS: "80",
    SEKISHO_STORE_KILLS: "8",
  },
  test: { SEKISHO_PROPERTY_RUNS: "250" },
} as const;
/**
 * A soak measures, one at a time. Half an hour of it is churn, which leaves most of the cores idle: so beside it, only with
 * what processor time is left, run those tests from elsewhere that can be asked for more and just pass or fail.
 */
const soak = {
  folders: ["test/soak", "test/bench"],
  beside: {
    "src/store/embedded/kill.test.ts": { SEKISHO_STORE_KILLS: "200" },
    "test/pebble/*kills.test.ts": { SEKISHO_ACME_KILLS: "1" },
    "test/properties/*.test.ts": {},
  },
} as const;

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs Node, or a program that runs it; what it prints is shown as it comes, or collected. */
function runNode(
  args: readonly string[],
  output: "collect" | "show",
  program = process.execPath,
): Promise<Run> {
  const stdio = output === "show" ? "inherit" : "pipe";
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", stdio, stdio] });
  let text = "";
  const listen = (chunk: string): void => {
    text += chunk;
  };
  child.stdout?.setEncoding("utf8").on("data", listen);
  child.stderr?.setEncoding("utf8").on("data", listen);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output: text }));
  });
}

/** Runs one named step and says how it went; true when it passed. */
async function step(name: string, args: readonly string[]): Promise<boolean> {
  const started = performance.now();
  const { code, output } = await runNode(args, "collect");
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? "✔" : "✖"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output.trimEnd());
  return code === 0;
}

async function runStaticSteps(): Promise<readonly string[]> {
  const steps: Readonly<Record<string, readonly string[]>> = {
    "generated files are up to date": ["tools/generate.ts", "--check"],
    "generated manifests are up to date": ["tools/generate-deploy.ts", "--check"],
    types: ["node_modules/typescript/bin/tsc", "--project", "."],
    "lint and format": ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"],
  };
  const failed: string[] = [];
  await Promise.all(
    Object.entries(steps).map(async ([name, args]) => {
      if (!(await step(name, args))) failed.push(name);
    }),
  );
  return failed;
}

/** The lab's programs, before any test waits for them; a machine that cannot have a lab is told why its tests are skipped. */
async function buildLab(): Promise<readonly string[]> {
  const { code } = await runNode(["test/lab/build/run.ts"], "show");
  return code === 0 ? [] : ["programs of the lab"];
}

function findTests(folders: readonly string[], leftOut: readonly string[]): string[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: root }))
    .filter((file) => !leftOut.some((folder) => file.startsWith(`${folder}/`)))
    .sort((a, b) => placeOf(a) - placeOf(b) || compareText(a, b));
}

/** Long ones first. */
function placeOf(file: string): number {
  const place = longFolders.findIndex((folder) => file.startsWith(`${folder}/`));
  return place < 0 ? longFolders.length : place;
}

/** Runs files in this order and prints what each says; 0 when all passed. */
async function runTests(
  files: readonly string[],
  limitMs: number,
  atOnce = concurrency,
): Promise<number> {
  const events = run({
    files: files.map((file) => join(root, file)),
    concurrency: atOnce,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    ...(Number.isFinite(limitMs) ? { timeout: limitMs } : {}),
  });
  let code = 0;
  events.on("test:fail", ({ todo }) => {
    if (todo === undefined) code = 1;
  });
  await pipeline(events, new spec(), process.stdout, { end: false });
  return code;
}

const plainTestArgs = ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=spec"];

/** Runs files in one process, whose output is shown in one piece; 0 when all passed. */
async function runTogether(files: readonly string[]): Promise<number> {
  const { code, output } = await runNode(
    [...plainTestArgs, "--test-isolation=none", `--test-timeout=${testLimitMs}`, ...files],
    "collect",
  );
  process.stdout.write(output);
  return code;
}

/** Runs files one after another with the processor time that others leave, output in one piece; 0 when all passed. */
async function runBeside(files: readonly string[]): Promise<number> {
  const { code, output } = await runNode(
    ["-n", "19", process.execPath, ...plainTestArgs, "--test-concurrency=1", ...files],
    "collect",
    "nice",
  );
  process.stdout.write(output);
  return code;
}

/** Folders of other people's manifests, which are no part of this repository: variable → tests that read it. */
const outsideFolders: Readonly<Record<string, string>> = {
  SEKISHO_CORPORA: "tests over the corpora",
  SEKISHO_WALKTHROUGHS: "the walkthroughs",
};

function checkOutsideFolders(): void {
  for (const [variable, tests] of Object.entries(outsideFolders)) {
    const folder = process.env[variable];
    if (folder === undefined || folder === "") {
      console.log(`left out: ${tests} (${variable} is not set)`);
    } else if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
      throw new Error(
        `${variable} names ${folder}, which is no directory: correct it, or unset it to skip those tests`,
      );
    }
  }
}

function sampleRandomTests(sample: Readonly<Record<string, string>>): void {
  for (const [variable, count] of Object.entries(sample)) process.env[variable] ??= count;
  const played = Object.keys(sample).map((variable) => `${variable}=${process.env[variable]}`);
  console.log(
    `left out: some of the random input, of the seeded faults and of the kills, ${played.join(" ")} (npm run soak)`,
  );
}

async function checkAll(withLab: boolean): Promise<number> {
  checkOutsideFolders();
  sampleRandomTests(withLab ? samples.test : samples.check);
  const leftOut: string[] = [];
  for (const [folder, command] of Object.entries(slowFolders)) {
    const count = findTests([folder], []).length;
    if (count === 0 || (withLab && command === "npm test")) continue;
    leftOut.push(folder);
    console.log(`left out: ${folder}, ${count} files (${command})`);
  }
  const failed = [...(await runStaticSteps()), ...(withLab ? await buildLab() : [])];
  const codes = await Promise.all([
    runTests(findTests(["test"], [...leftOut, ...sharingFolders]), testLimitMs, concurrency - 1),
    runTogether(findTests(sharingFolders, leftOut)),
  ]);
  if (failed.length > 0) console.error(`failed before the tests: ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : Math.max(...codes);
}

async function runSoak(): Promise<number> {
  const beside: string[] = [];
  for (const [pattern, variables] of Object.entries(soak.beside)) {
    for (const [variable, value] of Object.entries(variables)) process.env[variable] ??= value;
    beside.push(...globSync(pattern, { cwd: root }).sort(compareText));
  }
  const codes = await Promise.all([
    runTests(findTests(soak.folders, []), Number.POSITIVE_INFINITY, 1),
    runBeside(beside),
  ]);
  return Math.max(...codes);
}

const { values } = parseArgs({
  options: {
    lab: { type: "boolean", default: false },
    soak: { type: "boolean", default: false },
  },
});
try {
  process.exitCode = values.soak ? await runSoak() : await checkAll(values.lab);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
