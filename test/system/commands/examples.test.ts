/** Every example does what its README says: the commands are read from there and run. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { repository } from "../harness/program.ts";
import type { Command } from "../harness/readme.ts";
import { commandsIn, keeps } from "../harness/readme.ts";
import type { RunningSekisho } from "../harness/sekisho.ts";
import { startSekisho } from "../harness/sekisho.ts";

const run = promisify(execFile);

/** The README's ports, replaced by the free ones of this run. */
function withPorts(shell: string, { httpPort, httpsPort }: RunningSekisho): string {
  return shell.replaceAll("8443", `${httpsPort}`).replaceAll("8080", `${httpPort}`);
}

async function keepsPromise(command: Command, sekisho: RunningSekisho): Promise<void> {
  const shell = withPorts(command.shell, sekisho);
  const { stdout } = await run("sh", ["-c", shell], { cwd: repository });
  const { promised } = command;
  if (promised === undefined) return;
  assert.ok(keeps(promised, stdout), `${shell}\npromised:\n${promised}\ngot:\n${stdout}`);
}

describe("examples", () => {
  for (const name of readdirSync(join(repository, "examples"))) {
    it(`examples/${name} answers as its README promises`, async () => {
      const readme = readFileSync(join(repository, "examples", name, "README.md"), "utf8");
      const [start, ...commands] = commandsIn(readme);
      const [program, ...up] = start?.shell.trim().split(" ") ?? [];
      assert.equal(program, "./sekisho");
      assert.ok(commands.some(({ promised }) => promised !== undefined));
      const sekisho = await startSekisho(up);
      try {
        for (const command of commands) await keepsPromise(command, sekisho);
      } catch (error) {
        await sekisho.stop();
        throw error;
      }
      assert.equal(await sekisho.stop(), 0);
    });
  }
});
