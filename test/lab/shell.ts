/** `npm run lab`: a lab, and in it a shell with a working kubectl; or one command, `npm run lab -- kubectl get nodes`. */

import { once } from "node:events";
import { findObstacle } from "./build/requirements.ts";
import { startLab } from "./lab.ts";

/** Runs the command in a lab of its own; resolves to its exit code. */
async function runInLab(command: readonly string[]): Promise<number> {
  console.error("lab: starting");
  await using lab = await startLab();
  const [program = process.env["SHELL"] ?? "sh", ...args] = command;
  if (command.length === 0) {
    console.error(
      `lab: ready; kubectl works in this shell, logs are in ${lab.directory}/log, exit ends the lab`,
    );
  }
  // A person's Ctrl-C is for what they started, not for the lab under it.
  process.on("SIGINT", () => undefined);
  const [code] = (await once(lab.enter([program, ...args], { stdio: "inherit" }), "exit")) as [
    number | null,
  ];
  return code ?? 1;
}

const obstacle = await findObstacle();
if (obstacle === undefined) {
  process.exitCode = await runInLab(process.argv.slice(2));
} else {
  console.error(`lab: ${obstacle}`);
  process.exitCode = 1;
}
