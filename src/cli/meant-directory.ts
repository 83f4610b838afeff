/** Which data directory is meant by a command that needs no running gate. */

import path from "node:path";
import { type CommandContext, CommandError, dataDirectoryOf } from "./command-context.ts";

/** That of `--data` or the settings, else the one that belongs to the served directories. */
export async function meantDirectory(
  context: CommandContext,
  served: readonly string[],
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return path.resolve(context.environment.workingDirectory, given);
  if (served.length > 0) return await dataDirectoryOf(context, served);
  throw new CommandError(
    2,
    "it is not said which gate is meant",
    "name the directories that `up` was given, or its data directory with --data",
  );
}
