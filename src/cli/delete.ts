/** `sekisho delete KIND NAME…`: removes stored objects; those of files are removed by editing the file. */

import { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import { type CommandContext, CommandError, findSocket } from "./command-context.ts";
import { findKind } from "./kind-name.ts";
import { dataOption, exampleText, namespaceOption } from "./options.ts";

interface DeleteOptions {
  readonly namespace: string;
  readonly data?: string;
}

export function deleteCommand(context: CommandContext): Command {
  return new Command("delete")
    .summary("delete stored objects")
    .description(
      "Deletes objects that were stored with apply or create. Objects of files are removed by editing the file.",
    )
    .argument("<kind>", "a kind as kubectl takes it")
    .argument("<name...>", "names")
    .addOption(namespaceOption())
    .addOption(dataOption())
    .addHelpText("after", exampleText("sekisho delete secret cafe-tls"))
    .action((word: string, names: readonly string[], options: DeleteOptions) =>
      remove(context, word, names, options),
    );
}

async function remove(
  context: CommandContext,
  word: string,
  names: readonly string[],
  options: DeleteOptions,
): Promise<void> {
  const kind = findKind(word);
  if (!kind.ok) throw new CommandError(2, kind.error, "use one of these names");
  const store = createRemoteStore(context.socket, await findSocket(context, options.data));
  for (const name of names) {
    await store.remove({
      kind: kind.value.id,
      namespace: kind.value.namespaced ? options.namespace : "",
      name,
    });
    context.environment.terminal.print(`${kind.value.kind.toLowerCase()} "${name}" deleted\n`);
  }
}
