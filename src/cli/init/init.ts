/** `sekisho init --host H --to ADDRESS:PORT`: writes the few manifests that one's own server and domain need. */

import path from "node:path";
import { Command } from "commander";
import type { Result } from "#base/result.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { exampleText } from "../options.ts";
import { type Objection, parseEmail, parseHost, parseTarget, type Site } from "./site.ts";
import { siteManifests } from "./site-manifests.ts";

interface InitFlags {
  readonly host: string;
  readonly to: string;
  readonly email?: string;
  readonly staging?: boolean;
}

export function initCommand(context: CommandContext): Command {
  return new Command("init")
    .summary("write the manifests for a server and domain of your own")
    .description(
      "Writes an issuer of Let's Encrypt and, for the host, an Ingress, a Service and an EndpointSlice that lead to your server. Files that are there are kept: when one of them would be another, nothing is written.",
    )
    .argument("[directory]", "where they are written; made when it is not there", "manifests")
    .requiredOption("--host <name>", "the DNS name that leads to this machine")
    .requiredOption("--to <address:port>", "where your server listens, such as 127.0.0.1:3000")
    .option("--email <address>", "where the authority may reach you (default: nowhere)")
    .option(
      "--staging",
      "take certificates of Let's Encrypt's staging twin first: its limits are wide, no browser trusts them",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho init --host www.example.com --to 127.0.0.1:3000",
        "sekisho init --host www.example.com --to 127.0.0.1:3000 --email someone@example.com --staging manifests",
      ),
    )
    .action((directory: string, flags: InitFlags) => init(context, directory, flags));
}

async function init(context: CommandContext, directory: string, flags: InitFlags): Promise<void> {
  const { files, environment } = context;
  const site = siteOf(flags);
  const place = path.resolve(environment.workingDirectory, directory);
  const missing: [string, string][] = [];
  for (const [name, text] of Object.entries(siteManifests(site))) {
    const there = await presentText(context, path.join(place, name));
    if (there === undefined) missing.push([name, text]);
    else if (there !== text) {
      const file = path.join(directory, name);
      throw new CommandError(
        1,
        `${file} is there already, with other content; nothing was written`,
        `edit it, or name another directory: sekisho init --host ${site.host} --to ${flags.to} DIR`,
      );
    }
  }
  await files.makeDirectory(place, 0o755);
  for (const [name, text] of missing) {
    await files.replace(path.join(place, name), text, 0o644);
    environment.terminal.print(`${path.join(directory, name)} written\n`);
  }
  if (missing.length === 0) environment.terminal.print(`${directory} has it all already\n`);
  environment.terminal.print(
    `serve it: sekisho up ${directory}\nthen see what stands in the way: sekisho cert preflight ${site.host}\n`,
  );
}

/** Throws CommandError. */
function siteOf({ host, to, email, staging }: InitFlags): Site {
  const contact = email === undefined ? {} : { email: accepted(parseEmail(email)) };
  return {
    ...{ host: accepted(parseHost(host)), ...accepted(parseTarget(to)), ...contact },
    isStaging: staging === true,
  };
}

function accepted<Value>(parsed: Result<Value, Objection>): Value {
  if (parsed.ok) return parsed.value;
  throw new CommandError(2, parsed.error.message, parsed.error.advice);
}

/** More than any file that we write. */
const longestManifest = 1024 * 1024;

async function presentText({ files }: CommandContext, file: string): Promise<string | undefined> {
  if ((await files.status(file)) === undefined) return undefined;
  return Buffer.from(await files.read(file, longestManifest)).toString("utf8");
}
