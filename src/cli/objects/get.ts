/** `sekisho get KIND [NAME]`: objects of the running gate, or of a cluster, as kubectl shows them. */

import { Command, Option } from "commander";
import type { Kind } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { formatObjects, formatYaml, manifestOf } from "../output/object-text.ts";
import { findKind } from "./kind-name.ts";
import { type HomeOptions, type ObjectHome, openHome, withHomeOptions } from "./object-home.ts";

interface GetOptions extends HomeOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output?: "wide" | "yaml" | "json" | "name";
}

export function getCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("get"))
    .summary("show objects of the running gate or of a cluster")
    .description(
      "Shows objects of one or more kinds (KIND or KIND,KIND …), all or the named ones, with kubectl's columns.",
    )
    .argument("<kind>", "a kind as kubectl takes it: ingress, ing, services, secret …")
    .argument("[name...]", "names; all when none is given")
    .addOption(homeNamespaceOption())
    .option("-A, --all-namespaces", "objects of every namespace")
    .addOption(
      new Option("-o, --output <format>", "how to print").choices(["wide", "yaml", "json", "name"]),
    )
    .addHelpText(
      "after",
      exampleText(
        "sekisho get ingress",
        "sekisho get pods -o wide",
        "sekisho get secret cafe-tls -o yaml",
      ),
    )
    .action((words: string, names: readonly string[], options: GetOptions) =>
      get(context, words, names, options),
    );
}

async function get(
  context: CommandContext,
  words: string,
  names: readonly string[],
  options: GetOptions,
): Promise<void> {
  const kinds = words.split(",").map(kindOf);
  const home = await openHome(context, options);
  const { terminal } = context.environment;
  const found: { readonly kind: Kind<unknown>; readonly objects: readonly KubeObject[] }[] = [];
  try {
    for (const kind of kinds)
      found.push({ kind, objects: await select(home, kind, names, options) });
  } finally {
    home.close();
  }
  const objects = found.flatMap((entry) => entry.objects);
  switch (options.output) {
    case "yaml":
    case "json":
      terminal.print(formatData(objects, names.length === 1 && kinds.length === 1, options.output));
      return;
    case "name":
      for (const { kind, objects: ofKind } of found) {
        const group = kind.group === "" ? "" : `.${kind.group}`;
        for (const object of ofKind)
          terminal.print(`${kind.kind.toLowerCase()}${group}/${object.metadata.name}\n`);
      }
      return;
    default:
      printTables(context, found, options);
  }
}

function kindOf(word: string): Kind<unknown> {
  const kind = findKind(word);
  if (!kind.ok) throw new CommandError(2, kind.error, "use one of these names");
  return kind.value;
}

async function select(
  { store, namespace: usual }: ObjectHome,
  kind: Kind<unknown>,
  names: readonly string[],
  options: GetOptions,
): Promise<readonly KubeObject[]> {
  const namespace = kind.namespaced ? (options.namespace ?? usual) : "";
  if (names.length === 0) {
    const everywhere = options.allNamespaces === true || !kind.namespaced;
    return (await store.list(kind.id, everywhere ? undefined : namespace)).items;
  }
  return await Promise.all(
    names.map(async (name) => {
      const object = await store.get({ kind: kind.id, namespace, name });
      if (object !== undefined) return object;
      const where = kind.namespaced ? ` in namespace ${namespace}` : "";
      throw new CommandError(
        1,
        `${kind.plural} "${name}" not found${where}`,
        `see what is there: sekisho get ${kind.plural} -A`,
      );
    }),
  );
}

function formatData(
  objects: readonly KubeObject[],
  isSingle: boolean,
  format: "yaml" | "json",
): string {
  const manifests = objects.map(manifestOf);
  const data = isSingle ? manifests[0] : { apiVersion: "v1", kind: "List", items: manifests };
  return format === "yaml" ? formatYaml(data) : `${JSON.stringify(data, null, 4)}\n`;
}

function printTables(
  context: CommandContext,
  found: readonly { readonly kind: Kind<unknown>; readonly objects: readonly KubeObject[] }[],
  options: GetOptions,
): void {
  const { terminal } = context.environment;
  const shown = found.filter(({ objects }) => objects.length > 0);
  if (shown.length === 0) {
    const where = options.allNamespaces === true ? "" : ` in ${options.namespace} namespace`;
    terminal.warn(`No resources found${where}.\n`);
    return;
  }
  const tables = shown.map(({ kind, objects }) =>
    formatObjects(kind, objects, {
      wide: options.output === "wide",
      withNamespace: options.allNamespaces === true && kind.namespaced,
      now: context.clock.now(),
    }),
  );
  terminal.print(tables.join("\n"));
}
