/** `sekisho cert plan DIR…`: which certificates, orders and DNS records manifests would cause, and which limits they would meet. */

import { Command, Option } from "commander";
import { formatKey, keyOf } from "#kinds/object.ts";
import type { CommandContext } from "../command-context.ts";
import {
  type HomeOptions,
  namesCluster,
  openHome,
  withHomeOptions,
} from "../objects/object-home.ts";
import { type OfflineResult, translateOffline } from "../offline-pipeline.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { formatTable, printable } from "../output/table.ts";
import { settingsOf } from "../read-settings.ts";
import { openAcme } from "./acme-of-home.ts";
import {
  type AskedFor,
  type CertificatePlan,
  type MetLimit,
  planCertificates,
} from "./certificate-plan.ts";
import { forecastOrders, type OrderForecast } from "./order-forecast.ts";

interface PlanOptions extends HomeOptions {
  readonly output: "text" | "json";
  readonly config?: string;
}

/** `sekisho cert plan` */
export function planCommand(context: CommandContext, outcome: Outcome): Command {
  return withHomeOptions(new Command("plan"))
    .summary("say which certificates manifests would cause")
    .description(
      "Says which certificates, orders, challenges and DNS records the manifests below the directories would cause, and which limits of the authority they would meet when none of it is there yet. With a running gate (--data) or a cluster named, it also says how many of the orders that are not there yet the authority allows now, by what was ordered so far. Asks no authority. Exits with 1 when one of them would not be issued, or not at once.",
    )
    .argument("<directory...>", "directories of manifests")
    .addOption(
      new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"),
    )
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText("sekisho cert plan manifests", "sekisho cert plan manifests --cluster"),
    )
    .action(async (directories: readonly string[], options: PlanOptions) => {
      const settings = await settingsOf(context, options.config);
      const result = await translateOffline(context, directories, settings);
      const plan = planCertificates(result.objects, askedIn(result));
      const forecasts = await forecastsAt(context, options, plan);
      const isJson = options.output === "json";
      const whole = forecasts === undefined ? plan : { ...plan, forecasts };
      context.environment.terminal.print(
        isJson
          ? `${JSON.stringify(whole, null, 2)}\n`
          : `${formatPlan(plan)}${formatForecasts(forecasts ?? [])}`,
      );
      const isHeldUp =
        plan.certificates.some(({ problem }) => problem !== undefined) ||
        plan.limits.some(({ lastAfterHours }) => lastAfterHours !== undefined) ||
        forecasts?.some(({ lastAt }) => lastAt !== undefined) === true;
      if (isHeldUp) outcome.exitCode = 1;
    });
}

/** Undefined where nobody is named who knows what was ordered so far. */
async function forecastsAt(
  context: CommandContext,
  options: PlanOptions,
  { certificates }: CertificatePlan,
): Promise<readonly OrderForecast[] | undefined> {
  if (options.data === undefined && !namesCluster(options)) return undefined;
  const settings = await settingsOf(context, options.config);
  const home = await openHome(context, options);
  try {
    const { acme, close } = await openAcme(context, home, settings);
    try {
      return await forecastOrders(acme, home.store, certificates);
    } finally {
      close();
    }
  } finally {
    home.close();
  }
}

function formatForecasts(forecasts: readonly OrderForecast[]): string {
  if (forecasts.length === 0) return "";
  const lines = forecasts.map(({ issuer, needed, allowedNow, lastAt, problem }) => {
    const verdict =
      allowedNow === undefined
        ? `how many are allowed is not known: ${problem}`
        : `${allowedNow} allowed now${lastAt === undefined ? "" : `, the last one at ${lastAt}`}`;
    return line(`  ${issuer}: ${needed} needed, ${verdict}`);
  });
  return ["\nOrders:\n", ...lines].join("");
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
