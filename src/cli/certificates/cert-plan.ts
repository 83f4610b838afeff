/** `sekisho cert plan DIR…`: which certificates, orders and DNS records manifests would cause, and which limits they would meet. */

import { Command, Option } from "commander";
import { formatKey, keyOf } from "#kinds/object.ts";
import type { CommandContext } from "../command-context.ts";
import { type OfflineResult, translateOffline } from "../offline-pipeline.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../outcome.ts";
import { settingsOf } from "../read-settings.ts";
import { formatTable, printable } from "../table.ts";
import {
  type AskedFor,
  type CertificatePlan,
  type MetLimit,
  planCertificates,
} from "./certificate-plan.ts";

interface PlanOptions {
  readonly output: "text" | "json";
  readonly config?: string;
}

/** `sekisho cert plan` */
export function planCommand(context: CommandContext, outcome: Outcome): Command {
  return new Command("plan")
    .summary("say which certificates manifests would cause")
    .description(
      "Says which certificates, orders, challenges and DNS records the manifests below the directories would cause, and which limits of the authority they would meet when none of it is there yet. Asks nobody. Exits with 1 when one of them would not be issued, or not at once.",
    )
    .argument("<directory...>", "directories of manifests")
    .addOption(
      new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"),
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText("after", exampleText("sekisho cert plan manifests"))
    .action(async (directories: readonly string[], options: PlanOptions) => {
      const settings = await settingsOf(context, options.config);
      const result = await translateOffline(context, directories, settings);
      const plan = planCertificates(result.objects, askedIn(result));
      const isJson = options.output === "json";
      context.environment.terminal.print(
        isJson ? `${JSON.stringify(plan, null, 2)}\n` : formatPlan(plan),
      );
      const isHeldUp =
        plan.certificates.some(({ problem }) => problem !== undefined) ||
        plan.limits.some(({ lastAfterHours }) => lastAfterHours !== undefined);
      if (isHeldUp) outcome.exitCode = 1;
    });
}

function askedIn({ objects, pipeline }: OfflineResult): readonly AskedFor[] {
  return objects.flatMap((object) => {
    const wanted = pipeline.wantedBy(formatKey(keyOf(object)));
    if (wanted === "as-before") return [];
    const { name, namespace } = object.metadata;
    return wanted.map((one) => ({ by: `${object.kind} ${name}`, namespace, wanted: one }));
  });
}

function formatPlan({ certificates, limits }: CertificatePlan): string {
  if (certificates.length === 0) return "No certificates.\n";
  const rows = certificates.map(({ certificate, by, issuer, names, challenges, problem }) => [
    ...[certificate, by, issuer, names.join(", ")],
    problem ?? [...new Set(challenges.map(({ type }) => type))].join(", "),
  ]);
  const records = certificates.flatMap(({ challenges }) =>
    challenges.flatMap(({ record }) => (record === undefined ? [] : [record])),
  );
  const lines = [
    ...new Set(records.map(({ name, provider }) => `  ${name} TXT, by ${provider}\n`)),
  ];
  return [
    formatTable(["CERTIFICATE", "FROM", "ISSUER", "NAMES", "CHALLENGES"], rows),
    ...(lines.length === 0 ? [] : ["\nDNS records:\n", ...lines.map(line)]),
    ...(limits.length === 0 ? [] : ["\nLimits:\n", ...limits.map(formatLimit)]),
  ].join("");
}

/** Its end stays. */
function line(text: string): string {
  return `${printable(text.trimEnd())}\n`;
}

function formatLimit({ server, what, needed, atOnce, lastAfterHours }: MetLimit): string {
  const wait =
    lastAfterHours === undefined ? "" : `; the last one has to wait about ${lastAfterHours} h`;
  return `  ${printable(server)}: ${needed} of ${atOnce} ${printable(what)} at once${wait}\n`;
}
