/** `sekisho translate DIR…`: what manifests become, offline: the model, or what Envoy is told. */

import { Command, Option } from "commander";
import { decodeResource } from "#envoy/decode.ts";
import type { CommandContext } from "./command-context.ts";
import { translateOffline } from "./offline-pipeline.ts";
import { exampleText } from "./options.ts";
import { formatFinding } from "./output/finding-text.ts";
import { formatYaml } from "./output/object-text.ts";
import type { Outcome } from "./output/outcome.ts";
import { settingsOf } from "./read-settings.ts";

interface TranslateOptions {
  readonly output: "model" | "envoy";
  readonly config?: string;
}

export function translateCommand(context: CommandContext, outcome: Outcome): Command {
  return new Command("translate")
    .summary("print what manifests become")
    .description(
      "Prints the model (hosts with their routes in order) or the Envoy resources that the manifests below the directories become. Private keys are left out.",
    )
    .argument("<directory...>", "directories of manifests")
    .addOption(
      new Option("-o, --output <format>", "what to print")
        .choices(["model", "envoy"])
        .default("model"),
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText("sekisho translate examples/cafe", "sekisho translate examples/cafe -o envoy"),
    )
    .action(async (directories: readonly string[], options: TranslateOptions) => {
      const settings = await settingsOf(context, options.config);
      const { pipeline, findings } = await translateOffline(context, directories, settings);
      const { gateway } = pipeline;
      const hosts = [...new Set(["*", ...gateway.claimedHosts(), ...gateway.serverNames()])].sort();
      const data =
        options.output === "model"
          ? { hosts: hosts.map((host) => withText(host, gateway.virtualHost(host))) }
          : {
              resources: pipeline.resources().map((resource) => ({
                type: resource.type,
                name: resource.name,
                content: decodeResource(resource),
              })),
            };
      context.environment.terminal.print(formatYaml(data));
      for (const finding of findings)
        context.environment.terminal.warn(`${formatFinding(finding)}\n`);
      if (findings.some(({ finding }) => finding.severity === "error")) outcome.exitCode = 1;
    });
}

function withText(
  host: string,
  { routes, certificateGroup }: ReturnType<GatewayView["virtualHost"]>,
): object {
  return {
    host,
    ...(certificateGroup === undefined ? {} : { certificate: certificateGroup }),
    routes: routes.map(({ match, action, origin }) => ({ match, action, origin })),
  };
}

type GatewayView = Awaited<ReturnType<typeof translateOffline>>["pipeline"]["gateway"];
