import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { test } from "node:test";

const module = new URL("./real-environment.ts", import.meta.url).href;
const hasScript = /util-linux/.test(spawnSync("script", ["--version"]).stdout?.toString() ?? "");

/** A program that says on descriptor 3 that it is there, and when it is told to stop. */
const program = `
const { writeSync } = await import("node:fs");
const { createEnvironment } = await import("${module}");
const waiting = setInterval(() => undefined, 1000);
createEnvironment().onStopSignal(
  () => { writeSync(3, "stopped"); clearInterval(waiting); },
  () => undefined,
);
writeSync(3, "there ");`;

test("a terminal that is closed stops the program as Ctrl-C does", {
  skip: !hasScript && "this machine has no script(1) of util-linux",
}, async () => {
  const line = `'${process.execPath}' --input-type=module -e "$PROGRAM"`;
  const terminal = spawn("script", ["-qefc", line, "/dev/null"], {
    env: { ...process.env, PROGRAM: program },
    stdio: ["pipe", "ignore", "ignore", "pipe"],
  });
  const said = terminal.stdio[3] as Readable;
  const [first] = await once(said.setEncoding("utf8"), "data");
  assert.equal(first, "there ");
  terminal.kill("SIGKILL");
  let rest = "";
  for await (const chunk of said) rest += String(chunk);
  assert.equal(rest, "stopped");
});

test("a reader who goes early does not break the program", async () => {
  const text = `
const { once } = await import("node:events");
const { createEnvironment } = await import("${module}");
const { terminal, exit } = createEnvironment();
terminal.print("first");
process.stdin.resume();
await once(process.stdin, "end");
process.stdout.once("close", () => exit(7));
terminal.print("nobody reads this");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text]);
  child.stdout.once("data", () => child.stdout.destroy());
  child.stdout.once("close", () => child.stdin.end());
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, err], [7, ""]);
});
