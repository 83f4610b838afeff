/** `sekisho up DIR…`: serves the manifests below the directories with a real Envoy until it is told to stop. */

import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import {
  type ListenAddress,
  listenAddressForm,
  parseListenAddress,
} from "#config/listen-address.ts";
import type { Settings } from "#config/settings.ts";
import { keepPorts, readHeldPorts } from "#gate/ports/held-ports.ts";
import { choosePorts } from "#gate/ports/ports.ts";
import { findEnvoy } from "#proxies/process/install/find-envoy.ts";
import { openHeldStore } from "../backup/data-holder.ts";
import { sealerOf } from "../backup/store-key.ts";
import { type CommandContext, CommandError, dataDirectoryOf } from "../command-context.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { settingsOf } from "../read-settings.ts";
import { createUpOutput } from "./up-output.ts";
import { runGate } from "./up-run.ts";

interface UpFlags {
  readonly http?: number;
  readonly https?: number;
  readonly address?: string;
  readonly data?: string;
  readonly envoy?: string;
  readonly workloads?: "process" | "none";
  readonly metrics?: ListenAddress;
  readonly json?: boolean;
  readonly config?: string;
}

export function upCommand(context: CommandContext, outcome: Outcome): Command {
  return new Command("up")
    .summary("serve the manifests of a directory")
    .description(
      "Serves the Kubernetes manifests below the directories: Ingresses by a real Envoy, Deployments and Pods as local processes. Goes on until interrupted, and follows every change of the files.",
    )
    .argument(
      "<directory...>",
      "directories of manifests (*.yaml, *.yml, *.json), with all below them",
    )
    .option(
      "--http <port>",
      "port for HTTP (default: 80 when allowed and free, else 8080)",
      parsePort,
    )
    .option(
      "--https <port>",
      "port for HTTPS (default: 443 when allowed and free, else 8443)",
      parsePort,
    )
    .option(
      "--address <address>",
      "address to listen on; :: is every address (default: 0.0.0.0, every IPv4 address)",
    )
    .option("--data <directory>", "where state is kept (default: below the XDG state directory)")
    .option(
      "--envoy <path>",
      "the Envoy program (default: from SEKISHO_ENVOY, PATH, the cache, or installed)",
    )
    .addOption(
      new Option(
        "--workloads <how>",
        "run Deployments and Pods as local processes, or not at all",
      ).choices(["process", "none"]),
    )
    .option(
      "--metrics <address:port>",
      "serve metrics of the gate and of Envoy at /metrics there; a port alone is opened on 127.0.0.1 (default: not at all)",
      parseAddress,
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .option("--json", "print one JSON event a line")
    .addHelpText(
      "after",
      exampleText(
        "sekisho up examples/cafe",
        "sekisho up manifests --http 8080 --https 8443 --json",
      ),
    )
    .action((directories: readonly string[], flags: UpFlags) =>
      up(context, directories, flags, outcome),
    );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65535.");
}

function parseAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError(`It ${listenAddressForm}.`);
  return address;
}

async function up(
  context: CommandContext,
  directories: readonly string[],
  flags: UpFlags,
  outcome: Outcome,
): Promise<void> {
  const settings = withFlags(await settingsOf(context, flags.config), flags);
  for (const directory of directories) await checkDirectory(context, directory);
  const data = await dataOf(context, directories, settings);
  const output = createUpOutput(context, {
    json: flags.json === true,
    accessLog: settings.accessLog.format,
  });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => output.close());
  const sealer = await sealerOf(context);
  const store = await openHeldStore(context, data, directories, sealer);
  undo.defer(() => store.close());
  const held = await readHeldPorts(context, data);
  const ports = await choosePorts(context.ports, settings.address, settings, held);
  await keepPorts(context.files, data, ports);
  const envoy = await findEnvoy(context, {
    env: definedVariables(context),
    progress: output.progress,
    ...(settings.envoy === undefined ? {} : { asked: settings.envoy }),
  });
  const log = await context.createLog({ level: "info", file: path.join(data, "sekisho.log") });
  const metrics = await context.createMetrics();
  outcome.exitCode = await runGate(
    { ...context, log, metrics, store, output },
    { ...settings, directories, data, ports, envoy },
  );
}

function withFlags(settings: Settings, flags: UpFlags): Settings {
  const { http, https, address, data, envoy, workloads, metrics } = flags;
  const given = Object.entries({ http, https, address, data, envoy, workloads, metrics }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...settings, ...Object.fromEntries(given) };
}

async function checkDirectory(context: CommandContext, directory: string): Promise<void> {
  const status = await context.files.status(
    path.resolve(context.environment.workingDirectory, directory),
  );
  if (status?.kind === "directory") return;
  const what = status === undefined ? "there is no directory" : "this is not a directory:";
  throw new CommandError(
    2,
    `${what} ${directory}`,
    "name a directory that holds manifests: sekisho up DIR",
  );
}

/** Unix sockets live in the data directory, and the system holds their paths short. */
const longestData = 80;

async function dataOf(
  context: CommandContext,
  directories: readonly string[],
  settings: Settings,
): Promise<string> {
  const data =
    settings.data === undefined
      ? await dataDirectoryOf(context, directories)
      : path.resolve(context.environment.workingDirectory, settings.data);
  if (Buffer.byteLength(data) <= longestData) return data;
  throw new CommandError(
    2,
    `the data directory ${data} has a path of more than ${longestData} bytes, too long for the sockets in it`,
    "give a shorter one with --data DIRECTORY",
  );
}

function definedVariables({ environment }: CommandContext): Readonly<Record<string, string>> {
  const entries = Object.entries(environment.variables);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
