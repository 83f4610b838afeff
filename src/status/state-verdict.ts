/** How an object of NGINX Ingress Controller stands, in that controller's words, by what is found about it. */

import type { Finding } from "#base/finding.ts";
import { globalConfigurationKind } from "#kinds/nginx/global-configuration.ts";
import { policyKind } from "#kinds/nginx/policy.ts";
import { transportServerKind } from "#kinds/nginx/transport-server.ts";
import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import type { KindId, ObjectKey } from "#kinds/object.ts";

export interface Verdict {
  readonly state: "Valid" | "Warning" | "Invalid";
  readonly reason: string;
  readonly message: string;
}

interface KindOfVerdict {
  /** What its status has of it; `events`: nothing, as there is no status. */
  readonly told: "with endpoints" | "without endpoints" | "events";
  /** What is said when nothing, or everything, is wrong with it. Default: as of kinds with a configuration of their own. */
  readonly words?: {
    readonly good: string;
    /** The reason that goes with it. */
    readonly reason: "AddedOrUpdated" | "Updated";
    readonly rejected: string;
  };
}

/** The kinds whose objects have a verdict. */
const kindsOfVerdict: Readonly<Record<KindId, KindOfVerdict>> = {
  [virtualServerKind.id]: { told: "with endpoints" },
  [virtualServerRouteKind.id]: { told: "with endpoints" },
  [transportServerKind.id]: { told: "without endpoints" },
  [globalConfigurationKind.id]: {
    told: "events",
    words: withoutConfiguration("Updated"),
  },
  [policyKind.id]: { told: "without endpoints", words: withoutConfiguration("AddedOrUpdated") },
};

/** Of kinds that serve nothing by themselves. */
function withoutConfiguration(
  reason: "AddedOrUpdated" | "Updated",
): NonNullable<KindOfVerdict["words"]> {
  return { good: "was added or updated", reason, rejected: "is invalid and was rejected: " };
}

/** Whether objects of a kind have a verdict. */
export function hasVerdict(kind: KindId): boolean {
  return kind in kindsOfVerdict;
}

/** What of a verdict the status of a kind has. */
export function toldOf(kind: KindId): KindOfVerdict["told"] {
  return kindsOfVerdict[kind]?.told ?? "events";
}

/** Reasons of findings for which the whole object is not served. */
const rejecting = ["Rejected", "MissingField", "InvalidField"];

/** Reasons of findings that say themselves why the object is not served, though nothing is wrong with it. */
const idle: Readonly<Record<string, string>> = {
  HostTaken: "Rejected",
  ListenerTaken: "Rejected",
  ListenerNotFound: "Rejected",
  NoVirtualServerFound: "NoVirtualServerFound",
  Ignored: "Ignored",
};

/** Whether the Event of the object's verdict says it already. */
export function isInVerdict({ reason, origin }: Finding): boolean {
  return hasVerdict(origin.kind) && (reason === "Rejected" || reason in idle);
}

/** Whether nothing of an object is served, by its verdict. */
export function isUnserved({ reason }: Verdict): boolean {
  return !reason.startsWith("AddedOrUpdated");
}

export interface Standing {
  readonly key: ObjectKey;
  readonly findings: readonly Finding[];
  /** Whether another object should serve it and serves nothing. Default: no. */
  readonly lacksServer?: boolean;
}

/** The verdict by what is found about an object. */
export function verdictOf({ key, findings, lacksServer = false }: Standing): Verdict {
  const { kind, namespace, name } = key;
  const errors = findings.filter(({ severity }) => severity === "error");
  const rejections = errors.filter(({ reason }) => rejecting.includes(reason));
  const [type] = kind.split(".", 1);
  const object = `${type} ${namespace}/${name}`;
  const { words } = kindsOfVerdict[kind] ?? {};
  if (rejections.length > 0) {
    const how = words?.rejected ?? "was rejected with error: ";
    const message = `${object} ${how}${listed(rejections)}`;
    return { state: "Invalid", reason: "Rejected", message };
  }
  const unserved = findings.find(({ reason }) => reason in idle);
  if (unserved !== undefined) {
    const reason = idle[unserved.reason] ?? unserved.reason;
    return { state: "Warning", reason, message: unserved.message };
  }
  if (lacksServer) {
    const message = "VirtualServer is invalid or doesn't exist";
    return { state: "Warning", reason: "NoVirtualServerFound", message };
  }
  if (words !== undefined && errors.length === 0)
    return { state: "Valid", reason: words.reason, message: `${object} ${words.good}` };
  const warnings = findings.filter(({ severity }) => severity === "warning");
  const told = warnings.length === 0 ? "" : `with warning(s): ${joined(warnings)}`;
  const updated = `Configuration for ${namespace}/${name} was added or updated ${told}`;
  if (errors.length > 0) {
    const message = `${updated}; but was not applied: ${joined(errors)}`;
    return { state: "Invalid", reason: "AddedOrUpdatedWithError", message };
  }
  if (warnings.length > 0)
    return { state: "Warning", reason: "AddedOrUpdatedWithWarning", message: updated };
  return { state: "Valid", reason: "AddedOrUpdated", message: updated };
}

/** As Kubernetes joins the errors of a validation. */
function listed(findings: readonly Finding[]): string {
  const messages = messagesOf(findings);
  return messages.length === 1 ? messages.join("") : `[${messages.join(", ")}]`;
}

function joined(findings: readonly Finding[]): string {
  return messagesOf(findings).join("; ");
}

function messagesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ message }) => message))];
}
