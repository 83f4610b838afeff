/** `sekisho.yaml`: read from `--config` or the working directory, never from a served directory. */

import path from "node:path";
import { type GivenSettings, readSettings, type Settings } from "#config/settings.ts";
import { parseManifests } from "#sources/directory/manifest.ts";
import { type CommandContext, CommandError } from "./command-context.ts";

const maxBytes = 1024 * 1024;

/** The settings of the file over the defaults; throws CommandError when the file cannot be used. */
export async function settingsOf(
  context: CommandContext,
  asked: string | undefined,
): Promise<Settings> {
  return (await readSettingsFile(context, asked)).settings;
}

/** The same with what the file says itself. */
export async function readSettingsFile(
  context: CommandContext,
  asked: string | undefined,
): Promise<{ readonly settings: Settings; readonly given: GivenSettings }> {
  const { workingDirectory } = context.environment;
  const file = asked ?? "sekisho.yaml";
  const place = path.resolve(workingDirectory, file);
  if ((await context.files.status(place)) === undefined) {
    if (asked === undefined) return readSettings(null);
    throw new CommandError(2, `there is no file ${file}`, "name another with --config FILE");
  }
  const parsed = parseManifests(await context.files.read(place, maxBytes), file);
  const [problem] = parsed.findings;
  if (problem !== undefined) {
    const at =
      problem.place === undefined ? file : `${file}:${problem.place.line}:${problem.place.column}`;
    throw new CommandError(2, `${at}: ${problem.message}`, problem.advice);
  }
  const [document, ...more] = parsed.documents;
  if (more.length > 0) throw new CommandError(2, `${file} holds several documents`, "keep one");
  const { settings, given, problems } = readSettings(document?.value ?? null);
  if (problems.length > 0) {
    const lines = problems.map(
      ({ path: at, message }) => `${at === "" ? "the file" : at} ${message}`,
    );
    throw new CommandError(
      2,
      `${file}: ${lines.join("; ")}`,
      "correct it; docs/settings.md lists every setting",
    );
  }
  return { settings, given };
}
