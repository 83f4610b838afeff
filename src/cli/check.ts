/** `sekisho check DIR…`: what would be wrong with manifests, without serving them; for people and for CI. Or what is with a cluster's objects. */

import path from "node:path";
import { Command, Option } from "commander";
import type { LocatedFinding } from "#api/gate-calls.ts";
import { formatOrigin } from "#base/origin.ts";
import type { Settings } from "#config/settings.ts";
import { findEnvoy } from "#proxies/process/install/find-envoy.ts";
import { validateBootstrap } from "#proxies/process/validate.ts";
import { buildValidationBootstrap } from "#proxies/validation-bootstrap.ts";
import {
  type ClusterOptions,
  classesNamed,
  withClusterOptions,
} from "./cluster/cluster-options.ts";
import { translateCluster } from "./cluster/cluster-pipeline.ts";
import { type CommandContext, CommandError, cacheDirectory } from "./command-context.ts";
import {
  type HomeOptions,
  namesCluster,
  openHome,
  withClusterHome,
} from "./objects/object-home.ts";
import { type Summary, translateOffline } from "./offline-pipeline.ts";
import { exampleText } from "./options.ts";
import { formatFinding, formatGithubFinding } from "./output/finding-text.ts";
import type { Outcome } from "./output/outcome.ts";
import { settingsOf } from "./read-settings.ts";

interface CheckOptions extends Omit<HomeOptions, "data">, ClusterOptions {
  readonly output: "text" | "json" | "github";
  readonly envoy: string | boolean;
  readonly config?: string;
}

export function checkCommand(context: CommandContext, outcome: Outcome): Command {
  return withClusterOptions(withClusterHome(new Command("check")))
    .summary(
      "say what is wrong with manifests, without serving them, or with what a cluster serves",
    )
    .description(
      "Reads and translates the manifests below the directories, has Envoy validate the result, and prints every finding with file and line; or, of a cluster, the findings about all objects that are served. Exits with 1 when a finding is an error.",
    )
    .argument("[directory...]", "directories of manifests")
    .addOption(
      new Option("-o, --output <format>", "how to print")
        .choices(["text", "json", "github"])
        .default("text"),
    )
    .option("--envoy <path>", "the Envoy program that validates")
    .option("--no-envoy", "leave out Envoy's own validation")
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho check manifests",
        "sekisho check manifests -o github",
        "sekisho check --cluster -o json",
      ),
    )
    .action((directories: readonly string[], options: CheckOptions) =>
      check(context, directories, options, outcome),
    );
}

interface Checked {
  /** How many objects were read or, of a cluster, are served. */
  readonly objects: number;
  readonly findings: readonly LocatedFinding[];
  /** Of manifests. */
  readonly summary?: Summary;
}

async function check(
  context: CommandContext,
  directories: readonly string[],
  options: CheckOptions,
  outcome: Outcome,
): Promise<void> {
  const isOfCluster = namesCluster(options);
  if (isOfCluster === directories.length > 0) {
    throw new CommandError(
      2,
      isOfCluster
        ? "a cluster and directories are two questions"
        : "nothing is named to be checked",
      "name directories of manifests, or a cluster with --cluster",
    );
  }
  const settings = await settingsOf(context, options.config);
  const checked = isOfCluster
    ? await checkCluster(context, options, settings)
    : await checkDirectories(context, directories, options, settings);
  print(context, options.output, checked);
  if (checked.findings.some(({ finding }) => finding.severity === "error")) outcome.exitCode = 1;
}

async function checkDirectories(
  context: CommandContext,
  directories: readonly string[],
  { envoy }: CheckOptions,
  settings: Settings,
): Promise<Checked> {
  const { pipeline, summary, findings } = await translateOffline(context, directories, settings);
  const refused = envoy === false ? [] : await validate(context, pipeline, envoy);
  return { objects: summary.objects, findings: [...findings, ...refused], summary };
}

/** What Envoy itself refuses, `sekisho status --cluster` knows from the proxies. */
async function checkCluster(
  context: CommandContext,
  options: CheckOptions,
  settings: Settings,
): Promise<Checked> {
  const { store, close } = await openHome(context, options);
  try {
    const { pipeline, findings } = await translateCluster(store, {
      ...settings,
      ingressClasses: classesNamed(settings, options),
    });
    return { objects: pipeline.claimed.size, findings: findings.map((finding) => ({ finding })) };
  } finally {
    close();
  }
}

async function validate(
  context: CommandContext,
  pipeline: Awaited<ReturnType<typeof translateOffline>>["pipeline"],
  asked: string | true,
): Promise<readonly LocatedFinding[]> {
  const { terminal, variables } = context.environment;
  const env = Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const envoy = await findEnvoy(context, {
    env,
    progress: (message) => terminal.warn(`${message}\n`),
    ...(typeof asked === "string" ? { asked } : {}),
  });
  const directory = path.join(cacheDirectory(context.environment), "check");
  const bootstrap = buildValidationBootstrap(pipeline.resources(), directory);
  const verdict = await validateBootstrap(context, { program: envoy.path, directory }, bootstrap);
  if (verdict.ok) return [];
  const { reason, message, advice } = verdict.error;
  const origin = { kind: "Gate", namespace: "", name: "envoy", path: "" };
  return [
    {
      finding: {
        severity: "error",
        reason,
        origin,
        message: `Envoy refuses the configuration: ${message}`,
        advice,
      },
    },
  ];
}

function print(
  context: CommandContext,
  format: CheckOptions["output"],
  { objects, findings, summary }: Checked,
): void {
  const { terminal } = context.environment;
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { finding } of findings) counts[finding.severity]++;
  if (format === "json") {
    const list = findings.map(({ finding, place }) => ({
      ...finding,
      object: formatOrigin(finding.origin),
      place,
    }));
    terminal.print(`${JSON.stringify({ objects, ...counts, findings: list, summary }, null, 2)}\n`);
    return;
  }
  for (const finding of findings)
    terminal.print(
      `${format === "github" ? formatGithubFinding(finding) : formatFinding(finding)}\n`,
    );
  if (format === "text") {
    const found = [
      numbered(counts.error, "error"),
      numbered(counts.warning, "warning"),
      numbered(counts.info, "note"),
    ];
    terminal.print(`${numbered(objects, "object")}: ${found.join(", ")}\n`);
  }
}

function numbered(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
