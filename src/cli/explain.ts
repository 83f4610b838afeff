/** `sekisho explain URL`: why a request is answered as it is, down to file and line. */

import { Command, Option } from "commander";
import { askGate } from "#api/gate-calls.ts";
import { explainUrl, isExplained } from "#gate/explanation/explain-url.ts";
import type { Explanation } from "#gate/explanation/explanation.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { trailOf } from "./certificates/cert-status.ts";
import { nextAction, type TrailStep, trailSteps } from "./certificates/trail-steps.ts";
import {
  type ClusterOptions,
  classesNamed,
  withClusterOptions,
} from "./cluster/cluster-options.ts";
import { type ReadingSettings, translateCluster } from "./cluster/cluster-pipeline.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "./options.ts";
import { printable } from "./output/table.ts";
import { settingsOf } from "./read-settings.ts";

interface ExplainOptions extends HomeOptions, ClusterOptions {
  readonly namespace?: string;
  readonly serverName?: string;
  readonly output?: "json";
  readonly config?: string;
}

export function explainCommand(context: CommandContext): Command {
  return withClusterOptions(withHomeOptions(new Command("explain")))
    .summary("say why a URL is answered as it is, or a certificate stands as it does")
    .description(
      "Of a URL names the listener, certificate, host, route (object, field, file and line), cluster and endpoints that answer a URL, and what would have matched next: of the running gate, or by the objects that a cluster holds. Of certificate/NAME says how far it has come, from its request to what the authority says, and what to do next.",
    )
    .argument(
      "<url>",
      "the URL as a client would ask for it, whose port does not matter; tcp://, udp:// or tls://ADDRESS:PORT of a port that an object asks for; or certificate/NAME",
    )
    .addOption(homeNamespaceOption())
    .option(
      "--server-name <name>",
      "the name in the TLS handshake, where it is not the URL's; empty: none is sent",
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["json"]))
    .option(
      "--config <file>",
      "of a cluster: settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho explain https://cafe.example.com/tea",
        "sekisho explain https://cafe.example.com/tea --cluster",
        "sekisho explain tcp://127.0.0.1:5353",
        "sekisho explain certificate/cafe-secret",
      ),
    )
    .action((text: string, options: ExplainOptions) => run(context, text, options));
}

async function run(context: CommandContext, text: string, options: ExplainOptions): Promise<void> {
  const [, certificate] = /^cert(?:ificate)?s?\/(.+)$/.exec(text) ?? [];
  if (certificate !== undefined) return await explainCertificate(context, certificate, options);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isExplained(url)) {
    throw new CommandError(
      2,
      `${text} is no URL that can be explained`,
      "write it in full: https://shop.example.com/path, tcp://127.0.0.1:5353, or certificate/NAME",
    );
  }
  const explanation = await askFor(context, url, options);
  const { terminal } = context.environment;
  terminal.print(
    options.output === "json"
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : formatExplanation(explanation),
  );
}

/** How far a Certificate has come, and what holds it up. */
async function explainCertificate(
  context: CommandContext,
  name: string,
  options: ExplainOptions,
): Promise<void> {
  const home = await openHome(context, options);
  try {
    const trail = await trailOf(home.store, options.namespace ?? home.namespace, name);
    const steps = trailSteps(trail);
    const action = nextAction(steps);
    const shown =
      options.output === "json"
        ? `${JSON.stringify({ certificate: name, steps, ...(action === undefined ? {} : { action }) }, null, 2)}\n`
        : formatSteps(steps, action);
    context.environment.terminal.print(shown);
  } finally {
    home.close();
  }
}

function formatSteps(steps: readonly TrailStep[], action: string | undefined): string {
  const lines = steps.map(({ step, text }) => `  ${step.padEnd(12)}${printable(text)}\n`);
  const next = action === undefined ? "" : `what to do: ${printable(action)}\n`;
  return `${lines.join("")}${next}`;
}

async function askFor(
  context: CommandContext,
  url: URL,
  options: ExplainOptions,
): Promise<Explanation> {
  const { socket, store, close } = await openHome(context, options);
  try {
    if (socket === undefined) {
      const settings = await settingsOf(context, options.config);
      const ingressClasses = classesNamed(settings, options);
      const { serverName } = options;
      return await explainCluster(store, { url, serverName }, { ...settings, ingressClasses });
    }
    const named = options.serverName === undefined ? {} : { serverName: options.serverName };
    return await askGate(context.socket, socket, "gate.explain", { url: url.href, ...named });
  } finally {
    close();
  }
}

/** Objects of a cluster have no place in a file, and its proxies any ports. */
async function explainCluster(
  store: ObjectStore,
  { url, serverName }: { readonly url: URL; readonly serverName: string | undefined },
  settings: ReadingSettings,
): Promise<Explanation> {
  const { pipeline } = await translateCluster(store, settings);
  return await explainUrl(url, serverName, {
    gateway: pipeline.gateway,
    locate: async () => undefined,
    endpointsOf: async (backend) =>
      pipeline.endpointsOf(backend).map(({ address, port }) => `${address}:${port}`),
  });
}

/** The steps one below the other, each with the line that decided it. */
function formatExplanation({ url, answer, steps }: Explanation): string {
  const lines = steps.flatMap(({ step, text, origin, place }) => {
    const where = place === undefined ? "" : `${place.file}:${place.line}`;
    const decided = [where, origin ?? ""].filter((part) => part !== "").join("  ");
    return [
      `  ${step.padEnd(12)}${printable(text)}`,
      ...(decided === "" ? [] : [`  ${" ".repeat(12)}${printable(decided)}`]),
    ];
  });
  return `${printable(url)}: ${answer}\n${lines.join("\n")}\n`;
}
