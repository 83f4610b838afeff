/** `sekisho logs POD`: what a pod's container has printed. */

import { Command } from "commander";
import { type CommandContext, findSocket } from "./command-context.ts";
import { dataOption, exampleText, namespaceOption } from "./options.ts";

interface LogsOptions {
  readonly namespace: string;
  readonly container?: string;
  readonly follow?: boolean;
  readonly data?: string;
}

export function logsCommand(context: CommandContext): Command {
  return new Command("logs")
    .summary("show what a pod has printed")
    .description(
      "Prints the log of a pod's container, and with --follow goes on until interrupted.",
    )
    .argument("<pod>", "the pod's name")
    .option("-c, --container <name>", "the container; the first one when none is named")
    .option("-f, --follow", "go on as the log grows")
    .addOption(namespaceOption())
    .addOption(dataOption())
    .addHelpText(
      "after",
      exampleText("sekisho logs tea-6f9d8c7b5-x2x4q", "sekisho logs -f httpbin"),
    )
    .action((pod: string, options: LogsOptions) => logs(context, pod, options));
}

async function logs(context: CommandContext, pod: string, options: LogsOptions): Promise<void> {
  const socket = await findSocket(context, options.data);
  const stopped = new AbortController();
  const forget = context.environment.onStopSignal(
    () => stopped.abort(),
    () => stopped.abort(),
  );
  const input = {
    namespace: options.namespace,
    pod,
    follow: options.follow === true,
    ...(options.container === undefined ? {} : { container: options.container }),
  };
  try {
    for await (const text of context.socket.stream(socket, "gate.logs", input, stopped.signal)) {
      if (typeof text === "string") context.environment.terminal.print(text);
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    forget();
  }
}
