/** `sekisho controller`: the gate of a Kubernetes cluster, one replica of it. */

import { Command, InvalidArgumentError, Option } from "commander";
import {
  type ListenAddress,
  listenAddressForm,
  parseListenAddress,
} from "#config/listen-address.ts";
import type { PublishedAddress } from "#gate/cluster/published-address.ts";
import { usualShift } from "#gate/ports/ports.ts";
import type { LoadBalancerAddress } from "#status/ingress-status.ts";
import type { CommandContext } from "../command-context.ts";
import { exampleText } from "../options.ts";
import type { Outcome } from "../output/outcome.ts";
import { readSettingsFile } from "../read-settings.ts";
import { classesNamed } from "./cluster-options.ts";
import { runController } from "./controller-run.ts";
import { idleSettings } from "./idle-settings.ts";

interface ControllerFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespaces?: readonly string[];
  readonly secretNamespaces?: readonly string[];
  readonly ingressClass?: readonly string[];
  readonly gates: "own" | "observe";
  readonly certificates: "own" | "observe" | "off";
  readonly clusterResourceNamespace?: string;
  readonly systemNamespace: string;
  readonly publishService: string;
  readonly publishAddress?: readonly string[];
  readonly xds: ListenAddress;
  readonly pages: ListenAddress;
  readonly http: number;
  readonly https: number;
  readonly identity?: string;
  readonly config?: string;
}

/** Of the xDS port: the Service `sekisho-xds` leads there. */
const xdsPort = 18_000;
const pagesPort = 9464;

export function controllerCommand(context: CommandContext, outcome: Outcome): Command {
  const command = new Command("controller")
    .summary("serve the objects of a Kubernetes cluster")
    .description(
      "Follows the objects of a Kubernetes cluster and serves them to the Envoys that connect over mutual TLS. Several replicas serve at a time; the one that leads writes statuses and Events.",
    )
    .option(
      "--kubeconfig <file>",
      "the cluster (default: that of the pod we run in, else kubectl's)",
    )
    .option("--context <name>", "the context of the kubeconfig")
    .option(
      "--namespaces <name...>",
      "read only these namespaces, and that of the system (default: all)",
    )
    .option(
      "--secret-namespaces <name...>",
      "read Secrets only in these namespaces (default: wherever objects are read)",
    )
    .option(
      "--ingress-class <name...>",
      "serve these classes too, beside those whose IngressClass names sekisho.dev/ingress",
    )
    .addOption(
      new Option(
        "--gates <how>",
        "serve and write statuses and Events, or serve and leave all objects of others as they are",
      )
        .choices(["own", "observe"])
        .default("own"),
    )
    .option("--system-namespace <name>", "where our own objects are", "sekisho-system")
    .option(
      "--publish-service <namespace/name>",
      "the Service whose addresses statuses say",
      "sekisho-system/sekisho",
    )
    .option("--publish-address <address...>", "IP addresses or names that statuses say instead")
    .addOption(addressOption("--xds <address:port>", "where Envoys connect", xdsPort))
    .addOption(
      addressOption("--pages <address:port>", "/healthz, /readyz, /metrics and /status", pagesPort),
    )
    .option("--http <port>", "port on which Envoys listen for HTTP", parsePort, 8080)
    .option("--https <port>", "port on which Envoys listen for HTTPS", parsePort, 8443)
    .option("--identity <name>", "the name of this replica (default: POD_NAME, else HOSTNAME)")
    .option(
      "--config <file>",
      "settings (default: sekisho.yaml in the working directory, when there)",
    )
    .addHelpText(
      "after",
      exampleText(
        "kubectl apply -f deploy/",
        "sekisho controller --kubeconfig ~/.kube/config --gates observe",
      ),
    );
  return withCertificateOptions(command).action((flags: ControllerFlags) =>
    run(context, flags, outcome),
  );
}

function withCertificateOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--certificates <how>",
        "issue what Certificates ask for, while no cert-manager does (deploy/certificates has the rights); leave that to others; or neither make Certificates of tls.cert-manager",
      )
        .choices(["own", "observe", "off"])
        .default("observe"),
    )
    .option(
      "--cluster-resource-namespace <name>",
      "where Secrets of ClusterIssuers are (default: cert-manager)",
    );
}

async function run(
  context: CommandContext,
  flags: ControllerFlags,
  outcome: Outcome,
): Promise<void> {
  const { settings, given } = await readSettingsFile(context, flags.config);
  const { variables } = context.environment;
  outcome.exitCode = await runController(context, {
    ...settings,
    access: {
      ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
      ...(flags.context === undefined ? {} : { context: flags.context }),
    },
    namespaces: flags.namespaces ?? "all",
    secretNamespaces: flags.secretNamespaces,
    ingressClasses: classesNamed(settings, flags),
    idle: idleSettings(given),
    gates: flags.gates,
    certificates: flags.certificates,
    clusterResourceNamespace: flags.clusterResourceNamespace ?? settings.clusterResourceNamespace,
    systemNamespace: flags.systemNamespace,
    published: publishedOf(flags),
    xds: flags.xds,
    pages: flags.pages,
    // Where proxies listen is between them and their Service: those without rights open no low ports.
    ports: {
      ...{ http: flags.http, https: flags.https },
      ...{ lowPortShift: usualShift, takenPortShift: 10_000 },
    },
    identity: flags.identity ?? variables["POD_NAME"] ?? variables["HOSTNAME"] ?? "sekisho",
  });
}

function addressOption(flags: string, description: string, port: number): Option {
  return new Option(flags, description)
    .argParser((text: string): ListenAddress => {
      const address = parseListenAddress(text);
      if (address === undefined) throw new InvalidArgumentError(`It ${listenAddressForm}.`);
      return address;
    })
    .default({ host: "0.0.0.0", port }, `0.0.0.0:${port}`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new InvalidArgumentError("It must be a number from 1 to 65535.");
}

function publishedOf({ publishAddress, publishService }: ControllerFlags): PublishedAddress {
  if (publishAddress !== undefined)
    return { kind: "fixed", addresses: publishAddress.map(balancerAddress) };
  const [namespace = "", name, ...rest] = publishService.split("/");
  if (name === undefined || name === "" || rest.length > 0)
    throw new InvalidArgumentError("--publish-service must be NAMESPACE/NAME.");
  return { kind: "service", namespace, name };
}

function balancerAddress(text: string): LoadBalancerAddress {
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || text.includes(":");
  return isAddress ? { ip: text } : { hostname: text };
}
