/** `sekisho backup FILE DIR…`: everything that a gate keeps, in one file, also while it runs. */

import path from "node:path";
import { Command } from "commander";
import { copyDatabase, databaseName } from "#store/embedded/store-copy.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { meantDirectory } from "../meant-directory.ts";
import { exampleText } from "../options.ts";
import { settingsOf } from "../read-settings.ts";
import { storeKeyFile } from "./store-key.ts";

interface BackupFlags {
  readonly data?: string;
  readonly config?: string;
}

export function backupCommand(context: CommandContext): Command {
  return new Command("backup")
    .summary("copy what a gate keeps into one file")
    .description(
      "Copies what a gate keeps into one file that only you can read: Secrets with the private keys of certificates and ACME accounts, orders under way, statuses. The gate may go on meanwhile. Manifests are not in it: they are files of yours.",
    )
    .argument("<file>", "the file to write; one that is there is replaced")
    .argument("[directory...]", "the directories that `up` was given")
    .option("--data <directory>", "the data directory, instead of the served ones")
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho backup gate.backup examples/cafe",
        "sekisho backup /mnt/backups/gate.backup --data /var/lib/sekisho",
      ),
    )
    .action((file: string, directories: readonly string[], flags: BackupFlags) =>
      backUp(context, file, directories, flags),
    );
}

async function backUp(
  context: CommandContext,
  file: string,
  directories: readonly string[],
  flags: BackupFlags,
): Promise<void> {
  const settings = await settingsOf(context, flags.config);
  const data = await meantDirectory(context, directories, flags.data ?? settings.data);
  const database = path.join(data, databaseName);
  if ((await context.files.status(database)) === undefined)
    throw new CommandError(1, `no gate has kept anything in ${data}`, "name another with --data");
  const target = path.resolve(context.environment.workingDirectory, file);
  await copyDatabase(context.files, database, target);
  const { terminal, variables } = context.environment;
  const key = variables[storeKeyFile] ?? "";
  terminal.print(
    key === ""
      ? `${file} holds what is kept in ${data}, private keys in the clear: keep it where only you can read it\n`
      : `${file} holds what is kept in ${data}, Secrets encrypted by the key in ${key}: keep that key elsewhere, without it they are lost\n`,
  );
}
