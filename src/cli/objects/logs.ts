/** `sekisho logs POD`: what a pod's container has printed. */

import { Command } from "commander";
import { createRemoteStore } from "#api/remote-store.ts";
import { read } from "#kinds/kind.ts";
import { type Pod, podKind } from "#kinds/pod.ts";
import { LocalSocketError } from "#runtime/network/local-socket.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { dataOption, exampleText, namespaceOption } from "../options.ts";
import { findSocket } from "../running-gate.ts";

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
  await checkPod(createRemoteStore(context.socket, socket), pod, options);
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
    if (!stopped.signal.aborted) throw explained(error);
  } finally {
    forget();
  }
}

/** An empty log must mean that nothing was printed, not that the name is wrong. */
async function checkPod(store: ObjectStore, name: string, options: LogsOptions): Promise<void> {
  const { namespace, container } = options;
  const object = await store.get({ kind: podKind.id, namespace, name });
  if (object === undefined) {
    throw new CommandError(
      1,
      `pods "${name}" not found in namespace ${namespace}`,
      "see what is there: sekisho get pods -A",
    );
  }
  const containers = (read<Pod>(podKind, object).value?.spec.containers ?? []).map(
    (entry) => entry?.name ?? "",
  );
  if (container === undefined || containers.includes(container)) return;
  throw new CommandError(
    2,
    `pod ${name} has no container ${container}`,
    `name one of ${containers.join(", ")}`,
  );
}

function explained(error: unknown): unknown {
  if (!(error instanceof LocalSocketError) || error.code !== "no-workloads") return error;
  return new CommandError(1, error.message, "start it with --workloads process", { cause: error });
}
