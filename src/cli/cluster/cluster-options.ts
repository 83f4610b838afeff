/** How the control plane of a cluster was started, as far as it decides what a cluster's objects mean: said again by whoever asks. */

import type { Command } from "commander";
import type { Settings } from "#config/settings.ts";

export interface ClusterOptions {
  readonly namespaces?: readonly string[];
  readonly ingressClass?: readonly string[];
}

/** Options by which a command reads a cluster as the control plane does. */
export function withClusterOptions(command: Command): Command {
  return command
    .option("--namespaces <name...>", "of a cluster: read only these namespaces (default: all)")
    .option(
      "--ingress-class <name...>",
      "of a cluster: the classes that sekisho controller was given by this option",
    );
}

/** In a cluster others may serve classes, too: only what is ours or was named. */
export function classesNamed(
  { ingressClasses }: Settings,
  { ingressClass = [] }: Pick<ClusterOptions, "ingressClass">,
): readonly string[] {
  return [...(ingressClasses === "all" ? [] : ingressClasses), ...ingressClass];
}
