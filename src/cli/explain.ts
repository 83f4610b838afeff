/** `sekisho explain URL`: why a request is answered as it is, down to file and line. */

import { Command, Option } from "commander";
import { askGate } from "#api/gate-calls.ts";
import type { Explanation } from "#gate/explanation.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { dataOption, exampleText } from "./options.ts";
import { findSocket } from "./running-gate.ts";
import { printable } from "./table.ts";

interface ExplainOptions {
  readonly serverName?: string;
  readonly output?: "json";
  readonly data?: string;
}

export function explainCommand(context: CommandContext): Command {
  return new Command("explain")
    .summary("say why a URL is answered as it is")
    .description(
      "Names the listener, certificate, host, route (object, field, file and line), cluster and endpoints that answer a URL, and what would have matched next.",
    )
    .argument("<url>", "the URL as a client would ask for it; its port does not matter")
    .option(
      "--server-name <name>",
      "the name in the TLS handshake, where it is not the URL's; empty: none is sent",
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["json"]))
    .addOption(dataOption())
    .addHelpText("after", exampleText("sekisho explain https://cafe.example.com/tea"))
    .action((text: string, options: ExplainOptions) => run(context, text, options));
}

async function run(context: CommandContext, text: string, options: ExplainOptions): Promise<void> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new CommandError(
      2,
      `${text} is not an http or https URL`,
      "write it in full: https://shop.example.com/path",
    );
  }
  const socket = await findSocket(context, options.data);
  const explanation = await askGate(context.socket, socket, "gate.explain", {
    url: url.href,
    ...(options.serverName === undefined ? {} : { serverName: options.serverName }),
  });
  const { terminal } = context.environment;
  terminal.print(
    options.output === "json"
      ? `${JSON.stringify(explanation, null, 2)}\n`
      : formatExplanation(explanation),
  );
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
