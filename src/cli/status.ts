/** `sekisho status`: the proxies, what each of them has acknowledged, and what it refused last. */

import { Command, Option } from "commander";
import { askGate } from "#api/gate-calls.ts";
import type { GateStatus, ProxyStatus } from "#gate/statuses/gate-status.ts";
import { podKind } from "#kinds/pod.ts";
import { errorText } from "#runtime/telemetry/log-fields.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { type ReplicaStatus, readReplicaStatus } from "./cluster/replica-status.ts";
import { type CommandContext, CommandError } from "./command-context.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./objects/object-home.ts";
import { exampleText } from "./options.ts";
import { formatAge } from "./output/age.ts";
import { formatTable } from "./output/table.ts";

interface StatusOptions extends HomeOptions {
  readonly systemNamespace: string;
  readonly output?: "json";
}

/** A replica of the control plane, and what it says; `problem` when it says nothing. */
interface Replica {
  readonly name: string;
  readonly status?: ReplicaStatus;
  readonly problem?: string;
}

/** The label of the control plane's pods in `deploy/`, and the port of their pages. */
const controllerLabel = { name: "app.kubernetes.io/name", value: "sekisho-controller" } as const;
const pagesPort = 9464;

export function statusCommand(context: CommandContext): Command {
  return withHomeOptions(new Command("status"))
    .summary("show proxies and what they have acknowledged")
    .description(
      "Shows the proxies of the running gate or, replica by replica, of a cluster: what they were sent, what they acknowledged, what still waits, what they refused last.",
    )
    .option(
      "--system-namespace <name>",
      "where the control plane of a cluster is",
      "sekisho-system",
    )
    .addOption(new Option("-o, --output <format>", "how to print").choices(["json"]))
    .addHelpText("after", exampleText("sekisho status", "sekisho status --cluster"))
    .action((options: StatusOptions) => status(context, options));
}

async function status(context: CommandContext, options: StatusOptions): Promise<void> {
  const home = await openHome(context, options);
  try {
    if (home.socket === undefined) {
      if (home.cluster !== undefined) await ofCluster(context, home.cluster, options);
      return;
    }
    const found = await askGate(context.socket, home.socket, "gate.status", null);
    print(context, options, found, () => gateText(context, found));
  } finally {
    home.close();
  }
}

function print(
  { environment }: CommandContext,
  { output }: StatusOptions,
  value: unknown,
  text: () => string,
): void {
  environment.terminal.print(output === "json" ? `${JSON.stringify(value, null, 2)}\n` : text());
}

async function ofCluster(
  context: CommandContext,
  store: KubernetesStore,
  options: StatusOptions,
): Promise<void> {
  const namespace = options.systemNamespace;
  const { items } = await store.list(podKind.id, namespace);
  const names = items
    .filter(({ metadata }) => metadata.labels[controllerLabel.name] === controllerLabel.value)
    .map(({ metadata }) => metadata.name);
  if (names.length === 0) {
    throw new CommandError(
      1,
      `no control plane runs in namespace ${namespace}`,
      "install it: kubectl apply -f deploy/, or name its namespace with --system-namespace",
    );
  }
  const replicas = await Promise.all(names.map((name) => readReplica(store, namespace, name)));
  print(context, options, replicas, () => clusterText(context, replicas));
}

/** Through the API server, so that whoever may ask it needs no way to the pods. */
async function readReplica(
  store: KubernetesStore,
  namespace: string,
  name: string,
): Promise<Replica> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}:${pagesPort}/proxy/status`;
  try {
    const found = readReplicaStatus(await store.call({ method: "GET", path }));
    return found === undefined
      ? { name, problem: "it says something that this version does not know" }
      : { name, status: found };
  } catch (error) {
    return { name, problem: errorText(error) };
  }
}

function clusterText(context: CommandContext, replicas: readonly Replica[]): string {
  const rows = replicas.map(({ name, status: found, problem }) =>
    found === undefined
      ? [name, "?", "?", "?", "?", problem ?? ""]
      : [
          name,
          found.isLeader ? "leads" : "follows",
          `${found.served}`,
          `${found.proxies.length}`,
          found.addresses.map((address) => address.ip ?? address.hostname ?? "").join(","),
          `${found.findings.error} errors, ${found.findings.warning} warnings`,
        ],
  );
  const titles = ["REPLICA", "ROLE", "SERVED", "PROXIES", "ADDRESSES", "FINDINGS"];
  const proxies = replicas.flatMap((replica) => replica.status?.proxies ?? []);
  const others = replicas.flatMap((replica) => replica.status?.replicas ?? []);
  const silences = others.flatMap(({ name, problem, silent }) => [
    ...(problem === undefined ? [] : [`Statuses do not wait for ${name}: ${problem}\n`]),
    ...silent.map((proxy) => `Statuses do not wait for the proxy ${proxy} of ${name}: silent\n`),
  ]);
  return `${formatTable(titles, rows)}${silences.join("")}\n${proxyText(context, proxies)}`;
}

function gateText(context: CommandContext, gate: GateStatus): string {
  const { envoy, ports } = gate;
  const head = `Envoy ${envoy.version} is ${envoy.state}; HTTP on port ${ports.http}, HTTPS on port ${ports.https}\n`;
  return `${head}\n${proxyText(context, gate.proxies)}`;
}

/** A row for each proxy, and below it what it refused last. */
function proxyText({ clock }: CommandContext, proxies: readonly ProxyStatus[]): string {
  if (proxies.length === 0) return "No proxy is connected.\n";
  const titles = ["PROXY", "CONNECTED", "SENT", "ACKNOWLEDGED", "WAITING"];
  const rows = proxies.map(({ id, connectedSince, types }) => [
    id,
    formatAge(connectedSince, clock.now()),
    `${sum(types.map(({ sent }) => sent))}`,
    `${sum(types.map(({ acknowledged }) => acknowledged))}`,
    types.flatMap(({ waiting }) => waiting).join(", ") || "-",
  ]);
  const refusals = proxies.flatMap(({ id, types }) =>
    types.flatMap(({ type, lastRefusal }) =>
      lastRefusal === undefined ? [] : [`${id} refused ${type}: ${lastRefusal.trim()}\n`],
    ),
  );
  return [formatTable(titles, rows), ...refusals].join("");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
