/** `sekisho restore FILE DIR…`: what a backup holds becomes what a gate keeps. */

import path from "node:path";
import { Command } from "commander";
import { kinds } from "#kinds/all.ts";
import { openEmbeddedStore } from "#store/embedded/embedded-store.ts";
import { copyDatabase, databaseName } from "#store/embedded/store-copy.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { meantDirectory } from "../meant-directory.ts";
import { exampleText } from "../options.ts";
import { settingsOf } from "../read-settings.ts";
import { sealerOf } from "./store-key.ts";

interface RestoreFlags {
  readonly data?: string;
  readonly replace?: boolean;
  readonly config?: string;
}

export function restoreCommand(context: CommandContext): Command {
  return new Command("restore")
    .summary("put back what a backup holds")
    .description(
      "Makes what a backup holds what a gate keeps: the next `up` goes on with the same certificates, accounts and orders. The backup is read to its end before anything is changed.",
    )
    .argument("<file>", "what `backup` wrote")
    .argument("[directory...]", "the directories that `up` will be given")
    .option("--data <directory>", "the data directory, instead of the served ones")
    .option(
      "--replace",
      "put it in the place of what is kept there; that stays beside it, as store.db.replaced",
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho restore gate.backup examples/cafe",
        "sekisho restore gate.backup --data /var/lib/sekisho --replace",
      ),
    )
    .action((file: string, directories: readonly string[], flags: RestoreFlags) =>
      restore(context, file, directories, flags),
    );
}

async function restore(
  context: CommandContext,
  file: string,
  directories: readonly string[],
  flags: RestoreFlags,
): Promise<void> {
  const { files, environment } = context;
  const settings = await settingsOf(context, flags.config);
  const data = await meantDirectory(context, directories, flags.data ?? settings.data);
  const source = path.resolve(environment.workingDirectory, file);
  if ((await files.status(source)) === undefined)
    throw new CommandError(2, `there is no file ${file}`, "name what `sekisho backup` wrote");
  await files.makeDirectory(data, 0o700);
  const lock = await files.lock(path.join(data, "lock"));
  if (lock === undefined)
    throw new CommandError(
      1,
      `a gate runs with ${data}`,
      `end it first: sekisho down --data ${data}`,
    );
  const work = path.join(data, "restoring");
  try {
    await checkPlace(context, data, flags.replace === true);
    await files.makeDirectory(work, 0o700);
    await copyDatabase(files, source, path.join(work, databaseName));
    const count = await countObjects(context, work);
    await put(context, work, data);
    environment.terminal.print(`${count} objects of ${file} are kept in ${data} now\n`);
  } finally {
    await files.remove(work);
    await lock.release();
  }
}

async function checkPlace(
  { files }: CommandContext,
  data: string,
  mayReplace: boolean,
): Promise<void> {
  if (mayReplace || (await files.status(path.join(data, databaseName))) === undefined) return;
  throw new CommandError(
    1,
    `a gate has kept something in ${data} already`,
    "put the backup in its place with --replace, or name another directory with --data",
  );
}

/** Opens it as a gate would, with the key that it would have. */
async function countObjects(context: CommandContext, work: string): Promise<number> {
  const sealer = await sealerOf(context);
  const settings = { directory: work, ...(sealer === undefined ? {} : { sealer }) };
  const store = await openEmbeddedStore(context, settings);
  try {
    const listings = await Promise.all(kinds.map(({ id }) => store.list(id)));
    return listings.reduce((sum, { items }) => sum + items.length, 0);
  } finally {
    await store.close();
  }
}

/** What is written ahead to a database belongs to it, and goes with it. */
const companions = ["", "-wal", "-shm"] as const;

async function put({ files }: CommandContext, work: string, data: string): Promise<void> {
  for (const suffix of companions) {
    const there = path.join(data, `${databaseName}${suffix}`);
    if ((await files.status(there)) !== undefined)
      await files.rename(there, path.join(data, `${databaseName}.replaced${suffix}`));
    else await files.remove(path.join(data, `${databaseName}.replaced${suffix}`));
  }
  for (const suffix of companions) {
    const made = path.join(work, `${databaseName}${suffix}`);
    if ((await files.status(made)) !== undefined)
      await files.rename(made, path.join(data, `${databaseName}${suffix}`));
  }
}
