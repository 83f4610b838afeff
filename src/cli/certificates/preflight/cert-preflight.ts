/** `sekisho cert preflight NAME`: what would stand in the way of a certificate for a name, before it is asked for. */

import { Command } from "commander";
import { type CommandContext, CommandError } from "../../command-context.ts";
import {
  type HomeOptions,
  namesCluster,
  type ObjectHome,
  openHome,
  withHomeOptions,
} from "../../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../../options.ts";
import type { Outcome } from "../../output/outcome.ts";
import { settingsOf } from "../../read-settings.ts";
import { formatVerdict } from "./finding-lines.ts";
import { checkName } from "./name-in-dns.ts";
import { limitVerdict, trialVerdict } from "./orders-at-home.ts";
import type { NameVerdict } from "./surroundings.ts";
import { findWantedIssuer } from "./wanted-issuer.ts";

interface PreflightOptions extends HomeOptions {
  readonly namespace?: string;
  readonly config?: string;
  readonly stagingServer?: string;
  readonly issuance: boolean;
}

export function certPreflightCommand(context: CommandContext, outcome: Outcome): Command {
  return withHomeOptions(new Command("preflight"))
    .summary("say what would stand in the way of a certificate for a name")
    .description(
      "Looks where a name leads, whether something answers at port 80 there, whether CAA records let the authority issue, and how many orders it allows; then has the running gate (--data) or a cluster get a certificate from the authority's staging twin, which is removed again. Says which DNS records to create. Exits with 1 when something would stand in the way.",
    )
    .argument("<name>", "the DNS name")
    .addOption(homeNamespaceOption())
    .option("--no-issuance", "do not try to get a certificate")
    .option(
      "--staging-server <url>",
      "the directory of the ACME server where that is tried (default: the staging twin of Let's Encrypt, for issuers of Let's Encrypt)",
    )
    .option(
      "--config <file>",
      "settings: dnsResolvers, outboundAddresses and clusterResourceNamespace count (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho cert preflight www.example.com",
        "sekisho cert preflight www.example.com --cluster --no-issuance",
      ),
    )
    .action((name: string, options: PreflightOptions) =>
      preflight(context, { name: plainName(name), options }, outcome),
    );
}

function plainName(text: string): string {
  const name = text.toLowerCase().replace(/\.$/, "");
  if (/^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/.test(name)) return name;
  throw new CommandError(2, `${text} is no DNS name`, "write it as in www.example.com");
}

interface Asked {
  readonly name: string;
  readonly options: PreflightOptions;
}

async function preflight(context: CommandContext, asked: Asked, outcome: Outcome): Promise<void> {
  const { name, options } = asked;
  const { terminal } = context.environment;
  const settings = await settingsOf(context, options.config);
  const stop = new AbortController();
  const forget = context.environment.onStopSignal(
    () => stop.abort(),
    () => stop.abort(),
  );
  const home = await homeIfAny(context, options);
  try {
    const namespace = options.namespace ?? home?.namespace ?? "default";
    const issuer = home && (await findWantedIssuer(home.store, name, namespace));
    const around = { name, settings, home, issuer, signal: stop.signal };
    const records: string[] = [];
    const tell = (verdict: NameVerdict): void => {
      terminal.print(formatVerdict(verdict));
      if (verdict.level === "error") outcome.exitCode = 1;
      if (verdict.record !== undefined) records.push(verdict.record);
    };
    await checkName(context, around, tell);
    tell(await limitVerdict(context, around));
    const { stagingServer } = options;
    if (options.issuance) tell(await trialVerdict(context, { ...around, stagingServer }));
    if (records.length > 0)
      terminal.print(`\nDNS records to create:\n${records.map((one) => `  ${one}\n`).join("")}`);
  } finally {
    home?.close();
    forget();
  }
}

/** Undefined: none was named, and no gate runs. */
async function homeIfAny(
  context: CommandContext,
  options: PreflightOptions,
): Promise<ObjectHome | undefined> {
  try {
    return await openHome(context, options);
  } catch (error) {
    const isNamed = options.data !== undefined || namesCluster(options);
    if (!isNamed && error instanceof CommandError && error.exitCode === 1) return undefined;
    throw error;
  }
}
