/** `sekisho delete KIND NAME…`: removes stored objects; those of files are removed by editing the file. */

import { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import type { ObjectKey } from "#kinds/object.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { dataOption, exampleText, namespaceOption } from "../options.ts";
import { findSocket } from "../running-gate.ts";
import { withFile } from "./file-objects.ts";
import { findKind } from "./kind-name.ts";

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
  const socket = await findSocket(context, options.data);
  const store = createRemoteStore(context.socket, socket);
  for (const name of names) {
    const namespace = kind.value.namespaced ? options.namespace : "";
    const key: ObjectKey = { kind: kind.value.id, namespace, name };
    try {
      await store.remove(key);
    } catch (error) {
      throw await withFile(context, socket, key, error);
    }
    context.environment.terminal.print(`${kind.value.kind.toLowerCase()} "${name}" deleted\n`);
  }
}
