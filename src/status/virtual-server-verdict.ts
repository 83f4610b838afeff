/** How a VirtualServer or VirtualServerRoute stands, in the words of NGINX Ingress Controller, by what is found about it. */

import type { Finding } from "#base/finding.ts";
import { virtualServerKind } from "#kinds/nginx/virtual-server.ts";
import { virtualServerRouteKind } from "#kinds/nginx/virtual-server-route.ts";
import type { KindId, ObjectKey } from "#kinds/object.ts";

export interface Verdict {
  readonly state: "Valid" | "Warning" | "Invalid";
  readonly reason: string;
  readonly message: string;
}

/** The kinds whose objects have a verdict. */
export const verdictKinds: readonly KindId[] = [virtualServerKind.id, virtualServerRouteKind.id];

/** Reasons of findings for which the whole object is not served. */
const rejecting = ["Rejected", "MissingField", "InvalidField"];

/** Reasons of findings that say themselves why the object is not served, though nothing is wrong with it. */
const idle: Readonly<Record<string, string>> = {
  HostTaken: "Rejected",
  NoVirtualServerFound: "NoVirtualServerFound",
  Ignored: "Ignored",
};

/** Whether the Event of the object's verdict says it already. */
export function isInVerdict({ reason, origin }: Finding): boolean {
  return verdictKinds.includes(origin.kind) && (reason === "Rejected" || reason in idle);
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
  if (rejections.length > 0) {
    const why = listed(rejections);
    const message = `${type} ${namespace}/${name} was rejected with error: ${why}`;
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
