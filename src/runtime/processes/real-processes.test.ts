import assert from "node:assert/strict";
import { access, chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Child, type Command, ProcessError } from "./processes.ts";
import { createProcesses } from "./real-processes.ts";

const processes = createProcesses();
const node = process.execPath;

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "sekisho-processes-"));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

/** Starts Node on a script; it is killed when the test ends. */
async function start(
  t: TestContext,
  script: string,
  settings: Partial<Command> = {},
): Promise<{ child: Child; output: string }> {
  const output = path.join(await directory(t), "output");
  const child = await processes.start({
    ...{ command: node, args: ["-e", script], env: {}, output: { file: output } },
    ...{ ownSession: true, ...settings },
  });
  t.after(() => processes.signal(child.identity, "SIGKILL", "group"));
  return { child, output };
}

async function written(file: string, expected: string): Promise<void> {
  while ((await readFile(file, "utf8")) !== expected) await setImmediate();
}

const forever = "process.stdout.write('up'); setInterval(() => 0, 1e6);";

test("output is appended to a file that only we can read, and the exit status is told", async (t) => {
  const script = "console.log(process.env.WORD); console.error(process.cwd()); process.exit(7)";
  const { child, output } = await start(t, script, { env: { WORD: "hi" }, cwd: "/" });
  assert.deepEqual(await child.exited, { code: 7, signal: undefined });
  assert.equal(await readFile(output, "utf8"), "hi\n/\n");
  assert.equal((await stat(output)).mode & 0o777, 0o600);
});

test("a process lives until it is signalled, and its number alone does not identify it", async (t) => {
  const { child, output } = await start(t, forever);
  await written(output, "up");
  const { identity } = child;
  assert.equal(await processes.alive(identity), true);
  assert.equal(await processes.alive({ ...identity, startTicks: "1" }), false);
  assert.equal(await processes.signal({ ...identity, startTicks: "1" }, "SIGKILL", "group"), false);
  assert.equal(await processes.alive(identity), true);
  assert.equal(await processes.signal(identity, "SIGTERM", "process"), true);
  assert.deepEqual(await child.exited, { code: undefined, signal: "SIGTERM" });
  assert.equal(await processes.alive(identity), false);
  assert.equal(await processes.signal(identity, "SIGTERM", "process"), false);
});

test("a zombie counts as dead", async (t) => {
  // The parent's child ends, but the parent stays in a loop and never collects it.
  const script = `
    const { spawn } = require("node:child_process");
    const child = spawn("/bin/true");
    const { readFileSync } = require("node:fs");
    const fields = () => readFileSync("/proc/" + child.pid + "/stat", "utf8").split(") ")[1].split(" ");
    while (fields()[0] !== "Z");
    process.stdout.write(child.pid + " " + fields()[19] + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;
  const { output } = await start(t, script);
  let said = "";
  while (!said.endsWith("\n")) {
    await setImmediate();
    said = await readFile(output, "utf8");
  }
  const [pid = "", startTicks = ""] = said.trim().split(" ");
  await access(`/proc/${pid}/stat`);
  assert.equal(await processes.alive({ pid: Number(pid), startTicks }), false);
});

test("a session of its own can be signalled as a group; without one our own group is spared", async (t) => {
  const family = `const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1e6)"]);
    process.stdout.write(String(child.pid)); setInterval(() => 0, 1e6);`;
  const { child, output } = await start(t, family);
  let pid = 0;
  while (pid === 0) {
    await setImmediate();
    pid = Number(await readFile(output, "utf8"));
  }
  await processes.signal(child.identity, "SIGKILL", "group");
  await child.exited;
  const state = async (): Promise<string> =>
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone) Z");
  while (!/\) Z/.test(await state())) await setImmediate();

  const ours = await start(t, forever, { ownSession: false });
  await processes.signal(ours.child.identity, "SIGKILL", "group");
  assert.deepEqual(await ours.child.exited, { code: undefined, signal: "SIGKILL" });
});

test("what cannot be started says why", async (t) => {
  const root = await directory(t);
  const plain = path.join(root, "plain");
  await writeFile(plain, "");
  await chmod(plain, 0o600);
  const output = { file: path.join(root, "output") };
  const base = { args: [], env: {}, output, ownSession: true };
  const fails = (command: Command, code: string): Promise<void> =>
    assert.rejects(processes.start(command), (error: unknown) => {
      assert.ok(error instanceof ProcessError);
      assert.equal(error.code, code);
      return true;
    });
  await fails({ ...base, command: path.join(root, "missing") }, "not-found");
  await fails({ ...base, command: plain }, "denied");
  await fails(
    { ...base, command: node, output: { file: path.join(root, "no/output") } },
    "not-found",
  );
});

test("a run collects both outputs, a mebibyte of each at most", async () => {
  const script =
    "process.stdout.write('x'.repeat(3e6)); process.stderr.write('e'); process.exitCode = 3";
  const run = await processes.run({ command: node, args: ["-e", script], env: {} });
  assert.equal(run.stdout.length, 1024 * 1024);
  assert.deepEqual([run.stderr, run.code, run.signal], ["e", 3, undefined]);
});

test("a run that is aborted ends with all it started", async () => {
  const abort = new AbortController();
  const script = `require("node:child_process").spawnSync(process.execPath, ["-e", "setInterval(() => 0, 1e6)"], { stdio: "inherit" })`;
  const run = processes.run({ command: node, args: ["-e", script], env: {} }, abort.signal);
  abort.abort(new Error("enough"));
  await assert.rejects(run, /enough/);
});

test("an orphan is nobody's child, has its environment, and its end is noticed", async (t) => {
  const script = `
    process.stdout.write(process.env.WORD);
    setInterval(() => 0, 1e6);
  `;
  const { child, output } = await start(t, script, { orphan: true, env: { WORD: "hi" } });
  await written(output, "hi");
  const stat = await readFile(`/proc/${child.identity.pid}/stat`, "utf8");
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  assert.notEqual(parent, process.pid);
  assert.equal(await processes.signal(child.identity, "SIGTERM", "process"), true);
  assert.deepEqual(await child.exited, { code: undefined, signal: undefined });
});

test("an orphan that cannot be run is refused at once", async (t) => {
  const missing = start(t, "", { orphan: true, command: "/nonexistent/program" });
  await assert.rejects(
    missing,
    (error) => error instanceof ProcessError && error.code === "not-found",
  );
});
