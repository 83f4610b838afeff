/** `sekisho cert export SECRET --out DIR`: certificate, key and authority as files, for programs that read such. */

import path from "node:path";
import { Command } from "commander";
import { checkKeyPair } from "#crypto/keys/key-pair.ts";
import { secretValue } from "#kinds/secret.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { type HomeOptions, openHome, withHomeOptions } from "../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { readSecret } from "./cert-inspect.ts";

interface ExportOptions extends HomeOptions {
  readonly namespace?: string;
  readonly out: string;
}

/** Nobody but their owner reads a key, and what lies beside it. */
const directoryMode = 0o700;
const keyMode = 0o600;
const certificateMode = 0o644;

export function exportCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("export"))
    .summary("write the certificate and key of a Secret to files")
    .description(
      "Writes tls.crt, tls.key (readable by you alone) and, where there is one, ca.crt of a Secret into a directory; files that are there are replaced.",
    )
    .argument("<secret>", "name of a Secret")
    .requiredOption("-o, --out <directory>", "where to write them; made when it is not there")
    .addOption(homeNamespaceOption())
    .addHelpText("after", exampleText("sekisho cert export cafe-secret --out certs"))
    .action((name: string, options: ExportOptions) => write(context, name, options));
}

async function write(context: CommandContext, name: string, options: ExportOptions): Promise<void> {
  const home = await openHome(context, options);
  try {
    const secret = await readSecret(home, options.namespace ?? home.namespace, name);
    const [chain, key] = [secretValue(secret, "tls.crt"), secretValue(secret, "tls.key")];
    const checked = checkKeyPair(chain ?? new Uint8Array(), key ?? new Uint8Array());
    if (!checked.ok)
      throw new CommandError(1, checked.error, `see what it holds: sekisho cert inspect ${name}`);
    const { files, environment } = context;
    const directory = path.resolve(environment.workingDirectory, options.out);
    await files.makeDirectory(directory, directoryMode);
    const written = [
      { file: "tls.crt", content: chain, mode: certificateMode },
      { file: "tls.key", content: key, mode: keyMode },
      { file: "ca.crt", content: secretValue(secret, "ca.crt"), mode: certificateMode },
    ];
    for (const { file, content, mode } of written) {
      if (content === undefined) continue;
      await files.replace(path.join(directory, file), content, mode);
      environment.terminal.print(`${path.join(options.out, file)}\n`);
    }
  } finally {
    home.close();
  }
}
