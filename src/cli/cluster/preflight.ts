/** `sekisho preflight cluster`: what would stand in the way, before anything is installed or given over. */

import { Command } from "commander";
import { type CommandContext, CommandError } from "../command-context.ts";
import { type HomeOptions, openHome } from "../objects/object-home.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { formatTable } from "../output/table.ts";
import { checkCluster } from "./cluster-checks.ts";
import { readClusterFacts } from "./cluster-facts.ts";
import type { Verdict } from "./verdict.ts";

interface PreflightOptions extends Pick<HomeOptions, "kubeconfig" | "context"> {
  readonly systemNamespace: string;
}

export function preflightCommand(context: CommandContext, outcome: Outcome): Command {
  const cluster = new Command("cluster")
    .summary("look at a cluster before Sekisho serves it")
    .description(
      "Looks at a cluster with the credentials that kubectl would use, and changes nothing: version, classes and whose their Ingresses are, webhooks that nobody answers, who else writes statuses, lease, load balancer, and which kinds are defined.",
    )
    .option("--kubeconfig <file>", "the cluster that this kubeconfig names")
    .option("--context <name>", "the cluster of this context of the kubeconfig")
    .option("--system-namespace <name>", "where our own objects are or will be", "sekisho-system")
    .addHelpText("after", exampleText("sekisho preflight cluster"))
    .action((options: PreflightOptions) => preflight(context, options, outcome));
  return new Command("preflight")
    .summary("look before anything is changed")
    .description("Looks for what would stand in the way, and changes nothing.")
    .addHelpText("after", exampleText("sekisho preflight cluster"))
    .addCommand(cluster);
}

async function preflight(
  context: CommandContext,
  options: PreflightOptions,
  outcome: Outcome,
): Promise<void> {
  const home = await openHome(context, { ...options, cluster: true });
  try {
    if (home.cluster === undefined)
      throw new CommandError(2, "no cluster is named", "use kubectl's");
    const verdicts = checkCluster(await readClusterFacts(home.cluster, options.systemNamespace));
    context.environment.terminal.print(textOf(verdicts));
    if (verdicts.some(({ level }) => level === "error")) outcome.exitCode = 1;
  } finally {
    home.close();
  }
}

function textOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ level, about, text, advice }) => [
    level,
    about,
    advice === undefined ? text : `${text}; ${advice}`,
  ]);
  return formatTable(["", "ABOUT", "FOUND"], rows);
}
