/** `sekisho service install DIR…`: has systemd run a gate on this machine, also after a restart of it. */

import path from "node:path";
import { Command } from "commander";
import type { Settings } from "#config/settings.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { exampleText } from "../options.ts";
import { settingsOf } from "../read-settings.ts";
import { formatUnit, serviceData } from "./unit.ts";

interface InstallFlags {
  readonly user: string;
  readonly config?: string;
  readonly print?: boolean;
  readonly start: boolean;
}

const otherMachine = "elsewhere run `sekisho up` by what runs services there";

const unitFile = "/etc/systemd/system/sekisho.service";

export function serviceCommand(context: CommandContext): Command {
  const install = new Command("install")
    .summary("have systemd run a gate")
    .description(
      `Makes the user, writes ${unitFile} and starts it: \`sekisho up\` with ports 80 and 443, as a user of its own that may open these and nothing else. It is run as root; run again, it puts the present settings into force.`,
    )
    .argument("<directory...>", "the directories of manifests that it serves")
    .option("--user <name>", "the user that it runs as; made when there is none", "sekisho")
    .option("--config <file>", "settings (default: none)")
    .option("--no-start", "do not start it now, nor with the machine")
    .option("--print", "print the unit, and do nothing")
    .addHelpText(
      "after",
      exampleText(
        "sekisho service install /srv/manifests",
        "sekisho service install /srv/manifests --print",
      ),
    )
    .action((directories: readonly string[], flags: InstallFlags) =>
      installService(context, directories, flags),
    );
  return new Command("service")
    .summary("a gate as a service of this machine")
    .description("Has this machine run a gate by itself, also after a restart.")
    .addHelpText("after", exampleText("sekisho service install /srv/manifests"))
    .addCommand(install);
}

async function installService(
  context: CommandContext,
  directories: readonly string[],
  flags: InstallFlags,
): Promise<void> {
  const { environment } = context;
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(flags.user))
    throw new CommandError(2, `${flags.user} is no name of a user`, "name another with --user");
  const settings = await settingsOf(context, flags.config);
  const unit = await unitOf(context, { directories, flags, settings });
  if (flags.print === true) {
    environment.terminal.print(unit);
    return;
  }
  if (environment.userId !== 0)
    throw new CommandError(
      1,
      "only root may install a service",
      "run it with sudo, or see what it would be with --print",
    );
  // Asked before anything is made: sd_booted(3).
  if ((await context.files.status("/run/systemd/system"))?.kind !== "directory")
    throw new CommandError(1, "systemd does not run this machine", otherMachine);
  await makeUser(context, flags.user);
  await context.files.replace(unitFile, unit, 0o644);
  await systemctl(context, "daemon-reload");
  if (flags.start) {
    await systemctl(context, "enable", "sekisho");
    await systemctl(context, "restart", "sekisho");
  }
  const next = flags.start
    ? `see how it is: systemctl status sekisho; journalctl -u sekisho; sekisho status --data ${serviceData}`
    : "start it: systemctl enable --now sekisho";
  environment.terminal.print(`${unitFile} is written\n${next}\n`);
}

interface Wanted {
  readonly directories: readonly string[];
  readonly flags: InstallFlags;
  readonly settings: Settings;
}

async function unitOf(
  { environment, files }: CommandContext,
  { directories, flags, settings }: Wanted,
): Promise<string> {
  const resolved = (name: string): string => path.resolve(environment.workingDirectory, name);
  const served = directories.map(resolved);
  for (const directory of served) {
    if ((await files.status(directory))?.kind === "directory") continue;
    throw new CommandError(
      2,
      `there is no directory ${directory}`,
      "name one that holds manifests",
    );
  }
  const control = /[\p{Cc}]/u;
  if (served.some((directory) => control.test(directory)))
    throw new CommandError(
      2,
      "a unit cannot name a directory with control characters",
      "rename it",
    );
  return formatUnit({
    ...{ user: flags.user, program: launcherOf(environment.mainFile), directories: served },
    ...(flags.config === undefined ? {} : { config: resolved(flags.config) }),
    drainSeconds: settings.drainSeconds,
  });
}

/** What starts us: of a working copy above the source, of a bundle beside it. */
function launcherOf(mainFile: string): string {
  const folder = path.dirname(mainFile);
  return path.join(
    path.basename(mainFile) === "main.ts" ? path.dirname(folder) : folder,
    "sekisho",
  );
}

async function makeUser(context: CommandContext, user: string): Promise<void> {
  if ((await run(context, "id", ["-u", user])).code === 0) return;
  const args = [
    "--system",
    "--user-group",
    "--home-dir",
    serviceData,
    "--shell",
    "/usr/sbin/nologin",
  ];
  const { code, stderr } = await run(context, "useradd", [...args, user]);
  if (code !== 0)
    throw new CommandError(
      1,
      `the user ${user} cannot be made: ${stderr.trim()}`,
      "make it yourself, or name another with --user",
    );
}

async function systemctl(context: CommandContext, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(context, "systemctl", args);
  if (code === 0) return;
  throw new CommandError(
    1,
    `systemctl ${args.join(" ")} failed: ${stderr.trim()}`,
    "see what it says: journalctl -xe",
  );
}

async function run(
  { processes, environment }: CommandContext,
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | undefined; readonly stderr: string }> {
  const searchPath = environment.variables["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin";
  return await processes.run({ command, args, env: { PATH: searchPath } });
}
