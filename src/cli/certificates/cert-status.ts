/** `sekisho cert status NAME`: how a Certificate stands, from its conditions to the problem of the authority. */

import { Command } from "commander";
import { compareText } from "#base/compare.ts";
import { describeCertificates } from "#crypto/x509/certificate-description.ts";
import { type Condition, conditionsOf } from "#kinds/condition.ts";
import { lastSeen } from "#kinds/event.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import { secretKind, secretValue } from "#kinds/secret.ts";
import { type CommandContext, CommandError } from "../command-context.ts";
import { type HomeOptions, openHome, withHomeOptions } from "../objects/object-home.ts";
import { exampleText, homeNamespaceOption } from "../options.ts";
import { formatAge } from "../output/age.ts";
import type { Outcome } from "../output/outcome.ts";
import { formatTable, printable } from "../output/table.ts";
import { formatCertificate } from "./certificate-text.ts";
import { type CertificateTrail, readTrail } from "./certificate-trail.ts";
import { followStatus } from "./followed-status.ts";
import { nextAction, trailSteps } from "./trail-steps.ts";

interface StatusOptions extends HomeOptions {
  readonly namespace?: string;
  readonly watch?: boolean;
}

export function certStatusCommand(context: CommandContext, outcome: Outcome): Command {
  return withHomeOptions(new Command("status"))
    .summary("show how a certificate stands and what holds it up")
    .description(
      "Shows the conditions of a Certificate, its issuer, what its Secret holds, the current request with its order and challenges, the events about all of them, and what to do next.",
    )
    .argument("<name>", "name of a Certificate")
    .addOption(homeNamespaceOption())
    .option(
      "-w, --watch",
      "print each step as it changes, until the certificate is there, or was refused: then exit with 1",
    )
    .addHelpText(
      "after",
      exampleText("sekisho cert status cafe-secret", "sekisho cert status cafe-secret --watch"),
    )
    .action((name: string, options: StatusOptions) => show(context, { name, options }, outcome));
}

async function show(
  context: CommandContext,
  { name, options }: { readonly name: string; readonly options: StatusOptions },
  outcome: Outcome,
): Promise<void> {
  const home = await openHome(context, options);
  const stop = new AbortController();
  const forget = context.environment.onStopSignal(
    () => stop.abort(),
    () => stop.abort(),
  );
  try {
    const namespace = options.namespace ?? home.namespace;
    if (options.watch === true) {
      const { clock, environment } = context;
      const deps = { clock, print: environment.terminal.print };
      const end = await followStatus(deps, () => trailOf(home.store, namespace, name), stop.signal);
      if (end === "refused") outcome.exitCode = 1;
      return;
    }
    const trail = await trailOf(home.store, namespace, name);
    context.environment.terminal.print(formatTrail(trail, context.clock.now()));
  } finally {
    forget();
    home.close();
  }
}

/** The trail of a Certificate that must be there. Throws CommandError. */
export async function trailOf(
  store: Parameters<typeof readTrail>[0],
  namespace: string,
  name: string,
): Promise<CertificateTrail> {
  const trail = await readTrail(store, namespace, name);
  if (trail !== undefined) return trail;
  const message = `certificates "${name}" not found in namespace ${namespace}`;
  throw new CommandError(1, message, "see what is there: sekisho get certificates -A");
}

function formatTrail(trail: CertificateTrail, now: Temporal.Instant): string {
  const { certificate, issuer } = trail;
  const { object, value } = certificate;
  const status = (object.status ?? {}) as Readonly<Record<string, unknown>>;
  const time = (field: string): string =>
    typeof status[field] === "string" ? status[field] : "<none>";
  const rows = [
    ["Name", object.metadata.name],
    ["Namespace", object.metadata.namespace],
    ["Created at", object.metadata.creationTimestamp],
    ["DNS Names", (value?.spec.dnsNames ?? []).join(", ") || "<none>"],
    ["Issuer", issuer.name],
    ["Not Before", time("notBefore")],
    ["Not After", time("notAfter")],
    ["Renewal Time", time("renewalTime")],
  ];
  const head = rows.map(([title, text]) => `${`${title}:`.padEnd(14)}${printable(text ?? "")}\n`);
  const steps = trailSteps(trail);
  const action = nextAction(steps);
  return [
    ...head,
    `Conditions:\n${formatConditions(conditionsOf(object.status))}`,
    formatSecret(trail, now),
    "Steps:\n",
    ...steps.map(({ step, text }) => `  ${step.padEnd(13)}${printable(text)}\n`),
    formatEvents(trail, now),
    ...(action === undefined ? [] : [`What to do:   ${printable(action)}\n`]),
  ].join("");
}

function formatConditions(conditions: readonly Condition[]): string {
  if (conditions.length === 0) return "  <none>\n";
  return conditions
    .map(
      ({ type, status, reason, message }) =>
        `  ${type}: ${status}, Reason: ${reason}, Message: ${printable(message)}\n`,
    )
    .join("");
}

function formatSecret({ certificate, secret }: CertificateTrail, now: Temporal.Instant): string {
  const name = certificate.value?.spec.secretName ?? "<none>";
  if (secret === undefined) return `Secret:       ${printable(name)}, which is not there\n`;
  const value = read(secretKind, secret).value;
  const chain = value === undefined ? undefined : secretValue(value, "tls.crt");
  const described = chain === undefined ? undefined : describeCertificates(chain);
  const [leaf] = described?.ok === true ? described.value : [];
  const what =
    leaf === undefined ? "  no certificate that can be read\n" : formatCertificate(leaf, now);
  return `Secret:       ${printable(name)}\n${what}`;
}

function formatEvents(trail: CertificateTrail, now: Temporal.Instant): string {
  const { certificate, request, order, challenges, secret, issuer } = trail;
  const objects: readonly (KubeObject | undefined)[] = [
    ...[certificate.object, secret, issuer.object, request?.object, order],
    ...challenges,
  ];
  const uids = new Set(objects.flatMap((one) => (one === undefined ? [] : [one.metadata.uid])));
  const events = trail.events
    .filter(({ value }) => uids.has(value?.involvedObject.uid ?? ""))
    .toSorted((a, b) => compareText(lastSeen(a), lastSeen(b)));
  if (events.length === 0) return "Events:       <none>\n";
  const rows = events.map((event) => {
    const { type = "", reason = "", message = "", involvedObject } = event.value ?? {};
    const what = `${involvedObject?.kind ?? ""}/${involvedObject?.name ?? ""}`;
    return [type, reason, formatAge(lastSeen(event), now), what, message];
  });
  const table = formatTable(["TYPE", "REASON", "AGE", "OBJECT", "MESSAGE"], rows);
  return `Events:\n${table.replaceAll(/^(?=.)/gm, "  ")}`;
}
