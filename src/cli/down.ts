/** `sekisho down DIR…`: ends the run that serves the directories, and what a killed one left behind. */

import path from "node:path";
import { Command } from "commander";
import { endAdapters } from "#proxies/process/adapter-process.ts";
import { endEnvoys } from "#proxies/process/adoption/end-envoys.ts";
import { envoyPaths } from "#proxies/process/envoy-paths.ts";
import { identityOf } from "#runtime/processes/process-table.ts";
import type { ProcessIdentity } from "#runtime/processes/processes.ts";
import { dataMarkVariable } from "#workloads/data-layout.ts";
import { askLeftoversToEnd } from "#workloads/leftovers.ts";
import { readHolder } from "./backup/data-holder.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { meantDirectory } from "./meant-directory.ts";
import { exampleText } from "./options.ts";
import { settingsOf } from "./read-settings.ts";

interface DownFlags {
  readonly data?: string;
  readonly keep?: boolean;
  readonly config?: string;
}

export function downCommand(context: CommandContext): Command {
  return new Command("down")
    .summary("end what serves a directory")
    .description(
      "Ends the sekisho that serves the directories, with its Envoy and its pods; when it was killed, what it left behind. There being nothing is fine.",
    )
    .argument("[directory...]", "the directories that `up` was given")
    .option("--data <directory>", "the data directory, instead of the served ones")
    .option(
      "--keep",
      "end the control plane alone: Envoy and pods go on, and the next `up` takes them over, with another Envoy or other settings too, without a failed request",
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText("sekisho down examples/cafe", "sekisho down --data /srv/gate --keep"),
    )
    .action((directories: readonly string[], flags: DownFlags) =>
      down(context, directories, flags),
    );
}

async function down(
  context: CommandContext,
  directories: readonly string[],
  flags: DownFlags,
): Promise<void> {
  const settings = await settingsOf(context, flags.config);
  const data = await meantDirectory(context, directories, flags.data ?? settings.data);
  const print = (text: string): void => context.environment.terminal.print(`${text}\n`);
  const ended: string[] = [];
  if ((await context.files.status(data)) !== undefined) {
    const running = await endRunning(context, data, flags.keep === true);
    if (running !== undefined) ended.push(`sekisho (process ${running.pid})`);
    if (flags.keep !== true) {
      const longest = Temporal.Duration.from({ seconds: settings.drainSeconds });
      ended.push(...(await endLeft(context, data, longest)));
    }
  }
  for (const what of ended) print(`ended ${what}`);
  if (ended.length === 0) print("nothing was running");
}

const lookEvery = Temporal.Duration.from({ milliseconds: 100 });
const mostLooks = 50;

/** Ends the sekisho that has the directory's lock, and waits for it; undefined when nobody has. */
async function endRunning(
  context: CommandContext,
  data: string,
  keep: boolean,
): Promise<ProcessIdentity | undefined> {
  const { files, processes, clock } = context;
  if (!(await isLocked(context, data))) return undefined;
  const { pid } = await readHolder(context, data);
  const holder = pid === undefined ? undefined : await identityOf(files, pid);
  if (holder === undefined) {
    throw new CommandError(
      1,
      `${data} is in use, but not by a process that can be seen here`,
      "end it where it was started: it may be in a container, or just starting",
    );
  }
  // Killed, it ends nothing of what it started: the next run finds all of it as after any crash.
  await processes.signal(holder, keep ? "SIGKILL" : "SIGTERM", "process");
  while (await processes.alive(holder)) await clock.sleep(lookEvery);
  // It counts as dead while its last threads still hold the lock; who takes the directory next is not waited for.
  for (let looks = 0; looks < mostLooks && (await isLocked(context, data)); looks += 1)
    await clock.sleep(lookEvery);
  return holder;
}

async function isLocked({ files }: CommandContext, data: string): Promise<boolean> {
  const lock = await files.lock(path.join(data, "lock"));
  await lock?.release();
  return lock === undefined;
}

/** Ends Envoy and pods that nobody watches over; what there was. */
async function endLeft(
  context: CommandContext,
  data: string,
  longest: Temporal.Duration,
): Promise<readonly string[]> {
  const lock = await context.files.lock(path.join(data, "lock"));
  if (lock === undefined) {
    throw new CommandError(1, `${data} was taken by another sekisho meanwhile`, "run down again");
  }
  try {
    const envoys = await endEnvoys(context, envoyPaths(path.join(data, "envoy")), { longest });
    const adapters = await endAdapters(context, envoyPaths(path.join(data, "envoy")));
    const pods = await askLeftoversToEnd(context, dataMarkVariable(data));
    return [
      ...envoys.map(({ pid }) => `Envoy (process ${pid})`),
      ...adapters.map(({ pid }) => `authorization adapter (process ${pid})`),
      ...(pods === 0 ? [] : [`pods (${pods} processes)`]),
    ];
  } finally {
    await lock.release();
  }
}
