/** `sekisho migrate cert-manager --check`: what becomes of each certificate of cert-manager's, before anything changes. */

import { Command, Option } from "commander";
import type { Verdict } from "../cluster/verdict.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import {
  type HomeOptions,
  namesCluster,
  openHome,
  withClusterHome,
} from "../objects/object-home.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { formatTable } from "../output/table.ts";
import { type CertificateVerdict, judgeCertificates } from "./certificate-verdicts.ts";
import type { LeftBehind } from "./left-behind.ts";
import { readCluster } from "./read-cluster.ts";
import { readDump } from "./read-dump.ts";
import { checkSurroundings } from "./surroundings.ts";

interface MigrateOptions extends Omit<HomeOptions, "data"> {
  readonly check: true;
  readonly output: "text" | "json";
}

interface Report {
  readonly certificates: readonly CertificateVerdict[];
  readonly surroundings: readonly Verdict[];
}

export function migrateCommand(context: CommandContext, outcome: Outcome): Command {
  const certManager = withClusterHome(new Command("cert-manager"))
    .summary("say what becomes of cert-manager's certificates")
    .description(
      "Says of each Certificate whether it is kept as it is, would be issued anew and why, or is not supported, and what to see to before cert-manager goes: of a cluster, or of files that kubectl get -o yaml wrote. Changes nothing. Exits with 1 when one of them would not be kept.",
    )
    .argument("[place...]", "files, and directories of files, that kubectl get -o yaml wrote")
    .requiredOption("--check", "look only; how to hand over says docs/migrate-cert-manager.md")
    .addOption(
      new Option("-o, --output <format>", "how to print").choices(["text", "json"]).default("text"),
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho migrate cert-manager --check --cluster",
        "sekisho migrate cert-manager --check dump/ -o json",
      ),
    )
    .action((places: readonly string[], options: MigrateOptions) =>
      migrate(context, places, options, outcome),
    );
  return new Command("migrate")
    .summary("look at what another controller would hand over")
    .description("Looks at what another controller would hand over, and changes nothing.")
    .addHelpText("after", exampleText("sekisho migrate cert-manager --check --cluster"))
    .addCommand(certManager);
}

async function migrate(
  context: CommandContext,
  places: readonly string[],
  options: MigrateOptions,
  outcome: Outcome,
): Promise<void> {
  if (namesCluster(options) === places.length > 0) {
    const message =
      places.length > 0 ? "a cluster and files are two questions" : "nothing is named to look at";
    throw new CommandError(2, message, "name files, or a cluster with --cluster");
  }
  const left = await readLeft(context, places, options);
  const report: Report = {
    certificates: judgeCertificates(left, context.clock.now()),
    surroundings: checkSurroundings(left),
  };
  context.environment.terminal.print(
    options.output === "json" ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report),
  );
  if (!isWell(report)) outcome.exitCode = 1;
}

async function readLeft(
  context: CommandContext,
  places: readonly string[],
  options: MigrateOptions,
): Promise<LeftBehind> {
  if (places.length > 0) return await readDump(context, places);
  const home = await openHome(context, options);
  try {
    if (home.cluster === undefined)
      throw new CommandError(2, "no cluster is named", "name one with --cluster");
    return await readCluster(home.cluster);
  } finally {
    home.close();
  }
}

function isWell({ certificates, surroundings }: Report): boolean {
  return (
    certificates.every(({ verdict }) => verdict === "kept" || verdict === "goes on") &&
    surroundings.every(({ level }) => level !== "error")
  );
}

function formatReport({ certificates, surroundings }: Report): string {
  const rows = certificates.map(({ certificate, verdict, why }) => [certificate, verdict, why]);
  const around = surroundings.map(({ level, about, text, advice }) => [
    ...[level, about],
    advice === undefined ? text : `${text}; ${advice}`,
  ]);
  return [
    rows.length === 0 ? "No certificates.\n" : formatTable(["CERTIFICATE", "VERDICT", "WHY"], rows),
    ...(around.length === 0 ? [] : ["\n", formatTable(["", "ABOUT", "FOUND"], around)]),
  ].join("");
}
