/** What a person asks of certificates: to be renewed, and that a request be approved or denied. */

import { Command } from "commander";
import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { findCondition } from "#kinds/condition.ts";
import { includesLabels } from "#kinds/label-selector.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import {
  type HomeOptions,
  type ObjectHome,
  openHome,
  withHomeOptions,
} from "../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";

interface RenewOptions extends HomeOptions {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly all?: boolean;
  readonly selector?: string;
}

export function renewCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("renew"))
    .summary("have certificates issued anew, now")
    .description(
      "Has certificates issued anew at once, whenever they would end: the named ones, those with some labels, or all of a namespace.",
    )
    .argument("[name...]", "names of Certificates")
    .addOption(homeNamespaceOption())
    .option("-A, --all-namespaces", "with --all or --selector: those of every namespace")
    .option("--all", "all of the namespace")
    .option("-l, --selector <labels>", "those with these labels: app=shop,tier=web")
    .addHelpText(
      "after",
      exampleText("sekisho cert renew cafe-secret", "sekisho cert renew --all -A"),
    )
    .action((names: readonly string[], options: RenewOptions) => renew(context, names, options));
}

async function renew(
  context: CommandContext,
  names: readonly string[],
  options: RenewOptions,
): Promise<void> {
  const isNamed = names.length > 0;
  if (isNamed === (options.all === true || options.selector !== undefined)) {
    const message = isNamed
      ? "names and --all or --selector are two questions"
      : "nothing is named";
    throw new CommandError(2, message, "name Certificates, or give --all or --selector");
  }
  const home = await openHome(context, options);
  try {
    const objects = await chosen(home, names, options);
    for (const object of objects) {
      const { name, namespace } = object.metadata;
      await setCondition(context, home, object, {
        type: "Issuing",
        reason: "ManuallyTriggered",
        message: "Certificate re-issuance manually triggered",
      });
      context.environment.terminal.print(
        `Manually triggered issuance of Certificate ${namespace}/${name}\n`,
      );
    }
    const [only, ...others] = objects;
    if (only === undefined || others.length > 0) return;
    const { name, namespace } = only.metadata;
    context.environment.terminal.warn(
      `follow it: sekisho cert status ${name} --namespace ${namespace} --watch\n`,
    );
  } finally {
    home.close();
  }
}

async function chosen(
  home: ObjectHome,
  names: readonly string[],
  options: RenewOptions,
): Promise<readonly KubeObject[]> {
  const namespace = options.namespace ?? home.namespace;
  if (names.length > 0) {
    return await Promise.all(
      names.map((name) => findObject(home, certificateKind.id, namespace, name)),
    );
  }
  const labels = parseLabels(options.selector ?? "");
  const everywhere = options.allNamespaces === true;
  const { items } = await home.store.list(certificateKind.id, everywhere ? undefined : namespace);
  return items.filter(({ metadata }) => includesLabels(metadata.labels, labels));
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").filter((part) => part !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=!]+?)==?([^=]*)$/.exec(pair.trim()) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new CommandError(2, `${pair} is no label`, "write --selector NAME=VALUE[,NAME=VALUE]");
    }),
  );
}

/** A Certificate or request that must be there. Throws CommandError. */
export async function findObject(
  { store }: ObjectHome,
  kind: string,
  namespace: string,
  name: string,
): Promise<KubeObject> {
  const object = await store.get({ kind, namespace, name });
  if (object !== undefined) return object;
  const { plural } = kind === certificateKind.id ? certificateKind : certificateRequestKind;
  const advice = `see what is there: sekisho get ${plural} -A`;
  throw new CommandError(1, `${plural} "${name}" not found in namespace ${namespace}`, advice);
}

interface VerdictOptions extends HomeOptions {
  readonly namespace?: string;
  readonly reason: string;
  readonly message: string;
}

/** `sekisho cert approve NAME` */
export function approveCommand(context: CommandContext): Command {
  return verdictCommand(context, "Approved");
}

/** `sekisho cert deny NAME` */
export function denyCommand(context: CommandContext): Command {
  return verdictCommand(context, "Denied");
}

function verdictCommand(context: CommandContext, type: "Approved" | "Denied"): Command {
  const word = type === "Approved" ? "approve" : "deny";
  return withHomeOptions(new Command(word))
    .summary(`${word} a request for a certificate`)
    .description(
      `Sets the condition ${type} on a CertificateRequest that nobody has decided about. In a cluster that needs the right to approve for its issuer.`,
    )
    .argument("<name>", "name of a CertificateRequest")
    .addOption(homeNamespaceOption())
    .option("--reason <word>", "why, in one word", `Manually${type}`)
    .option(
      "--message <text>",
      "why, in a sentence",
      `manually ${word === "deny" ? "denied" : "approved"} by "sekisho cert ${word}"`,
    )
    .addHelpText("after", exampleText(`sekisho cert ${word} cafe-secret-1`))
    .action((name: string, options: VerdictOptions) => decide(context, name, type, options));
}

async function decide(
  context: CommandContext,
  name: string,
  type: "Approved" | "Denied",
  options: VerdictOptions,
): Promise<void> {
  const home = await openHome(context, options);
  try {
    const namespace = options.namespace ?? home.namespace;
    const object = await findObject(home, certificateRequestKind.id, namespace, name);
    const before = ["Approved", "Denied"].find((one) => findCondition(object.status, one));
    if (before !== undefined) {
      const message = `CertificateRequest ${namespace}/${name} is ${before} already`;
      throw new CommandError(
        1,
        message,
        "a verdict is final: change the Certificate to have it asked anew",
      );
    }
    const { reason, message } = options;
    await setCondition(context, home, object, { type, reason, message });
    context.environment.terminal.print(`${type} CertificateRequest '${namespace}/${name}'\n`);
  } finally {
    home.close();
  }
}

interface Verdict {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** Sets a condition to True unless somebody changed the object meanwhile. Throws StoreError. */
export async function setCondition(
  { clock }: CommandContext,
  { store }: ObjectHome,
  object: KubeObject,
  verdict: Verdict,
): Promise<void> {
  const status = isJsonObject(object.status) ? (object.status as JsonObject) : {};
  const conditions = Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const others = (conditions as readonly Json[]).filter(
    (one) => !(isJsonObject(one) && (one as JsonObject)["type"] === verdict.type),
  );
  const { generation, resourceVersion } = object.metadata;
  const condition = {
    ...verdict,
    status: "True",
    observedGeneration: generation,
    lastTransitionTime: clock.now().toString({ smallestUnit: "second" }),
  };
  const changed = { ...status, conditions: [...others, condition] };
  await store.replaceStatus(keyOf(object), changed, resourceVersion);
}
