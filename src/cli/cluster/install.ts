/** `sekisho install crds`: the definitions of kinds that we serve and that nobody has defined in a cluster yet. */

import { Command } from "commander";
import type { JsonObject } from "#base/json.ts";
import { objectAt, objectsAt, textAt } from "#base/json-path.ts";
import {
  customResourceDefinition,
  type DefinedKind,
  definedKinds,
  definitionName,
} from "#kinds/custom-resource-definition.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { type HomeOptions, openHome } from "../objects/object-home.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { definitionsPath, findDefinition } from "./cluster-facts.ts";
import { inspectDefinition } from "./definition-owner.ts";

interface InstallOptions extends Pick<HomeOptions, "kubeconfig" | "context"> {
  readonly dryRun?: boolean;
}

/** `try`: the API server checks what would be written, and writes nothing. */
type Mode = "do" | "try";

interface Installed {
  readonly text: string;
  readonly advice?: string;
}

/** How often, and how many times, a new definition is looked at until its kind is served. */
const lookAgainAfter = Temporal.Duration.from({ milliseconds: 200 });
const mostLooks = 50;

export function installCommand(context: CommandContext, outcome: Outcome): Command {
  const crds = new Command("crds")
    .summary("define the kinds that a cluster does not know yet")
    .description(
      "Creates the CustomResourceDefinitions that are missing, and updates those that are ours. One that somebody else keeps is left as it is; exits with 1 when it is too old to be read. Nothing is ever deleted.",
    )
    .option("--kubeconfig <file>", "the cluster that this kubeconfig names")
    .option("--context <name>", "the cluster of this context of the kubeconfig")
    .option("--dry-run", "say what would be done, and do nothing")
    .addHelpText("after", exampleText("sekisho install crds --dry-run", "sekisho install crds"))
    .action((options: InstallOptions) => installAll(context, options, outcome));
  return new Command("install")
    .summary("put what is ours into a cluster")
    .description("Puts into a cluster what Sekisho needs there.")
    .addHelpText("after", exampleText("sekisho install crds"))
    .addCommand(crds);
}

async function installAll(
  context: CommandContext,
  options: InstallOptions,
  outcome: Outcome,
): Promise<void> {
  const { terminal } = context.environment;
  const home = await openHome(context, { ...options, cluster: true });
  try {
    if (home.cluster === undefined)
      throw new CommandError(2, "no cluster is named", "use kubectl's");
    const installer = new Installer(context, home.cluster, options.dryRun === true ? "try" : "do");
    for (const kind of definedKinds) {
      const { text, advice } = await installer.install(kind);
      const line = `customresourcedefinition/${definitionName(kind)} ${text}\n`;
      if (advice === undefined) {
        terminal.print(line);
      } else {
        terminal.warn(`${line}  ${advice}\n`);
        outcome.exitCode = 1;
      }
    }
  } finally {
    home.close();
  }
}

class Installer {
  readonly #clock: CommandContext["clock"];
  readonly #api: Pick<KubernetesStore, "call">;
  readonly #mode: Mode;

  constructor({ clock }: CommandContext, api: Pick<KubernetesStore, "call">, mode: Mode) {
    this.#clock = clock;
    this.#api = api;
    this.#mode = mode;
  }

  async install(kind: DefinedKind): Promise<Installed> {
    const there = await findDefinition(this.#api, kind);
    if (there === undefined) return await this.#create(kind);
    const { owner, keeper, served, isReadable } = inspectDefinition(kind, there);
    if (owner === "ours") return await this.#update(kind, there);
    const serves = served.length === 0 ? "no version" : served.join(", ");
    const left = `left to ${keeper}, serves ${serves}`;
    if (isReadable) return { text: left };
    const advice = `Sekisho reads ${kind.version}: have ${keeper} upgrade the definition`;
    return { text: left, advice };
  }

  async #create(kind: DefinedKind): Promise<Installed> {
    // Not by force: somebody may define it at the same time.
    await this.#apply(kind, "");
    if (this.#mode === "try") return { text: "would be created" };
    for (let looks = 0; looks < mostLooks; looks++) {
      const now = await findDefinition(this.#api, kind);
      if (conditionOf(now, "Established") === "True") return { text: "created" };
      await this.#clock.sleep(lookAgainAfter);
    }
    const advice = `see why it is not served: kubectl describe crd ${definitionName(kind)}`;
    return { text: "created, but not served", advice };
  }

  async #update(kind: DefinedKind, before: JsonObject): Promise<Installed> {
    const after = await this.#apply(kind, "&force=true");
    if (contentOf(after) === contentOf(before)) return { text: "unchanged" };
    return { text: this.#mode === "try" ? "would be updated" : "updated" };
  }

  async #apply(kind: DefinedKind, force: string): Promise<JsonObject> {
    const query = `?fieldManager=sekisho${force}${this.#mode === "try" ? "&dryRun=All" : ""}`;
    return (await this.#api.call({
      method: "PATCH",
      path: `${definitionsPath}/${definitionName(kind)}${query}`,
      contentType: "application/apply-patch+yaml",
      body: customResourceDefinition(kind),
    })) as JsonObject;
  }
}

/** What a definition says; versions do not tell, as a trial has none of its own. */
function contentOf(definition: JsonObject): string {
  const labels = objectAt(definition, "metadata", "labels") ?? {};
  return JSON.stringify([labels, definition["spec"] ?? {}]);
}

function conditionOf(definition: JsonObject | undefined, type: string): string | undefined {
  const conditions = objectsAt(definition, "status", "conditions");
  return textAt(
    conditions.find((condition) => textAt(condition, "type") === type),
    "status",
  );
}
