/** `sekisho events`: what happened, oldest first. */

import { Command } from "commander";
import { compareText } from "#base/compare.ts";
import { eventKind, lastSeen } from "#kinds/event.ts";
import { read } from "#kinds/kind.ts";
import type { CommandContext } from "../command-context.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { formatAge } from "../output/age.ts";
import { formatTable } from "../output/table.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./object-home.ts";

interface EventsOptions extends HomeOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

export function eventsCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("events"))
    .summary("show what happened to objects")
    .description("Shows the events of a namespace or of all, oldest first.")
    .addOption(homeNamespaceOption())
    .option("-A, --all-namespaces", "events of every namespace")
    .addHelpText("after", exampleText("sekisho events -A"))
    .action((options: EventsOptions) => events(context, options));
}

async function events(context: CommandContext, options: EventsOptions): Promise<void> {
  const home = await openHome(context, options);
  const namespace = options.namespace ?? home.namespace;
  const { items } = await home.store
    .list(eventKind.id, options.allNamespaces === true ? undefined : namespace)
    .finally(home.close);
  const { terminal } = context.environment;
  if (items.length === 0) {
    terminal.warn("No events found.\n");
    return;
  }
  const known = items
    .map((item) => read(eventKind, item))
    .sort((a, b) => compareText(lastSeen(a), lastSeen(b)));
  const titles = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
  const rows = known.map((event) => {
    const { kind = "", namespace = "", name = "" } = event.value?.involvedObject ?? {};
    const object = `${kind.toLowerCase()}/${options.allNamespaces === true ? `${namespace}/` : ""}${name}`;
    const { type = "", reason = "", message = "" } = event.value ?? {};
    return [formatAge(lastSeen(event), context.clock.now()), type, reason, object, message];
  });
  terminal.print(formatTable(titles, rows));
}
