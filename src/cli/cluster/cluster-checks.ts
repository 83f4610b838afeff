/** What in a cluster would stand in Sekisho's way, or it in others': pure functions of what was read. */

import type { JsonObject } from "#base/json.ts";
import { objectAt, objectsAt, textAt } from "#base/json-path.ts";
import {
  answeredServices,
  concernsCertificates,
  deadWebhooks,
} from "#gate/cluster/webhooks/dead-webhooks.ts";
import type { ClusterFacts } from "./cluster-facts.ts";
import { checkDefinitions } from "./definition-checks.ts";
import { unread, type Verdict } from "./verdict.ts";

/** The controller that an IngressClass of ours names. */
export const ourController = "sekisho.dev/ingress";
const ourManager = "sekisho";
/** With leases, EndpointSlices and server-side apply stable, and `sleep` in `preStop`. */
const oldestMinor = 30;

export function checkCluster(facts: ClusterFacts): readonly Verdict[] {
  return [
    checkVersion(facts),
    ...checkClasses(facts),
    ...checkStatusWriters(facts),
    ...checkWebhooks(facts),
    checkLease(facts),
    checkBalancer(facts),
    ...checkDefinitions(facts.definitions),
  ];
}

function checkVersion({ version }: ClusterFacts): Verdict {
  const minor = Number(/^v1\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor >= oldestMinor) return { level: "ok", about: "version", text: `Kubernetes ${version}` };
  return {
    level: "warning",
    about: "version",
    text: `Kubernetes ${version} is older than 1.${oldestMinor}, with which nothing was tried`,
    advice: "the proxies' preStop sleep needs 1.30: remove it from deploy/3-proxy.yaml or upgrade",
  };
}

/** How many Ingresses each class has, and whose they are. */
function checkClasses({ classes, ingresses }: ClusterFacts): readonly Verdict[] {
  if (!("items" in classes)) return [unread("classes", classes)];
  if (!("items" in ingresses)) return [unread("ingresses", ingresses)];
  const owners = new Map(
    classes.items.map((one) => [nameOf(one), textAt(one, "spec", "controller") ?? ""]),
  );
  const counts = new Map<string, number>();
  for (const one of ingresses.items) {
    const name = classOf(one);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = new Set([...owners.keys(), ...counts.keys()]);
  return [...names].sort().map((name) => describeClass(name, counts.get(name) ?? 0, owners));
}

function describeClass(name: string, count: number, owners: ReadonlyMap<string, string>): Verdict {
  const about = name === "" ? "no class" : `class ${name}`;
  const owner = owners.get(name);
  const many = `${count} ${count === 1 ? "Ingress" : "Ingresses"}`;
  if (owner === ourController) return { level: "ok", about, text: `${many}, served by Sekisho` };
  if (owner !== undefined && owner !== "") {
    return {
      level: "ok",
      about,
      text: `${many}, of the controller ${owner}; Sekisho leaves them alone`,
    };
  }
  return {
    level: "warning",
    about,
    text: `${many} that no IngressClass claims`,
    advice:
      name === ""
        ? "mark an IngressClass of ours as default, or name a class in each of them"
        : `to serve them: give an IngressClass ${name} the controller ${ourController}`,
  };
}

/** Two who write the status of one object overwrite each other without end. */
function checkStatusWriters({ classes, ingresses }: ClusterFacts): readonly Verdict[] {
  if (!("items" in ingresses) || !("items" in classes)) return [];
  const ours = new Set(
    classes.items.filter((one) => textAt(one, "spec", "controller") === ourController).map(nameOf),
  );
  const writers = new Map<string, number>();
  for (const one of ingresses.items.filter((ingress) => ours.has(classOf(ingress)))) {
    for (const entry of objectsAt(one, "metadata", "managedFields")) {
      const manager = textAt(entry, "manager") ?? "";
      if (textAt(entry, "subresource") !== "status" || manager === ourManager) continue;
      writers.set(manager, (writers.get(manager) ?? 0) + 1);
    }
  }
  if (writers.size === 0)
    return [{ level: "ok", about: "statuses", text: "nobody else writes those of our Ingresses" }];
  return [...writers].map(([manager, count]) => ({
    level: "warning",
    about: "statuses",
    text: `${manager} has written the status of ${count} of our Ingresses`,
    advice: `see whether ${manager} still runs; two that write one status overwrite each other`,
  }));
}

/** A webhook whose Service is gone refuses what it is asked about, whoever applies it. */
function checkWebhooks(facts: ClusterFacts): readonly Verdict[] {
  const { webhooks } = facts;
  if (!("items" in webhooks)) return [unread("webhooks", webhooks)];
  const about = "webhooks";
  const dead = [
    ...deadIn(facts, webhooks.items, "Ingress", concernsIngresses),
    ...deadIn(facts, webhooks.items, "Certificate", concernsCertificates),
  ];
  return dead.length > 0
    ? dead
    : [{ level: "ok", about, text: "none stands in the way of Ingresses and Certificates" }];
}

function deadIn(
  { services, slices }: Pick<ClusterFacts, "services" | "slices">,
  configurations: readonly JsonObject[],
  what: string,
  concerns: (rule: JsonObject) => boolean,
): readonly Verdict[] {
  const answered = "items" in slices ? answeredServices(slices.items) : undefined;
  const known = "items" in services ? new Set(services.items.map(keyOf)) : undefined;
  const isDead = (service: string): boolean =>
    known?.has(service) === false || answered?.has(service) === false;
  return deadWebhooks({ configurations, concerns, isDead }).map(
    ({ kind, name, service, isStrict }): Verdict => ({
      level: isStrict ? "error" : "warning",
      about: "webhooks",
      text: `${name} asks Service ${service} about every ${what}, and nobody answers there${isStrict ? `: no ${what} can be created or changed` : ""}`,
      advice: `if its controller is gone: kubectl delete ${kind.toLowerCase()} ${name}`,
    }),
  );
}

function concernsIngresses({ resources }: JsonObject): boolean {
  const named = Array.isArray(resources) ? resources : [];
  return named.some((one) => one === "ingresses" || one === "*" || one === "*/*");
}

function checkLease({ leases }: ClusterFacts): Verdict {
  const about = "lease";
  if (!("items" in leases)) return unread(about, leases);
  const ours = leases.items.find((one) => nameOf(one) === "sekisho-controller");
  const holder = textAt(ours, "spec", "holderIdentity") ?? "";
  const text = holder === "" ? "nobody leads yet" : `${holder} leads`;
  return { level: "ok", about, text };
}

function checkBalancer({ services, systemNamespace }: ClusterFacts): Verdict {
  const about = "load balancer";
  if (!("items" in services)) return unread(about, services);
  const balancers = services.items.filter((one) => textAt(one, "spec", "type") === "LoadBalancer");
  const ours = balancers.find((one) => keyOf(one) === `${systemNamespace}/sekisho`);
  const waiting = balancers.filter(
    (one) => objectsAt(one, "status", "loadBalancer", "ingress").length === 0,
  );
  if (ours !== undefined && !waiting.includes(ours))
    return { level: "ok", about, text: `Service ${systemNamespace}/sekisho has an address` };
  if (waiting.length > 0) {
    return {
      level: "warning",
      about,
      text: `Services of type LoadBalancer have no address: ${waiting.map(keyOf).join(", ")}`,
      advice:
        "without one, give statuses an address with --publish-address, and expose the proxies otherwise",
    };
  }
  return { level: "ok", about, text: "every Service of type LoadBalancer has an address" };
}

function nameOf(object: JsonObject): string {
  return textAt(object, "metadata", "name") ?? "";
}

function keyOf(object: JsonObject): string {
  return `${textAt(object, "metadata", "namespace")}/${nameOf(object)}`;
}

function classOf(ingress: JsonObject): string {
  const annotation = objectAt(ingress, "metadata", "annotations")?.["kubernetes.io/ingress.class"];
  return (
    textAt(ingress, "spec", "ingressClassName") ??
    (typeof annotation === "string" ? annotation : "")
  );
}
