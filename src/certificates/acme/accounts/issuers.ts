/** Issuers that name an ACME server, read from the store. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import type { Problem } from "#base/schema.ts";
import {
  type AcmeIssuer,
  type AcmeIssuerStatus,
  acmeIssuer,
  acmeIssuerStatus,
} from "#kinds/cert-manager/acme-issuer.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";

export const issuerKindId = "Issuer.cert-manager.io";
export const clusterIssuerKindId = "ClusterIssuer.cert-manager.io";

/** The key of the issuer that an object of that namespace refers to; undefined: it is none of cert-manager's. */
export function issuerKey(ref: IssuerReference, namespace: string): ObjectKey | undefined {
  const { name, kind = "Issuer", group = "" } = ref;
  if (group !== "" && group !== "cert-manager.io") return undefined;
  if (kind === "ClusterIssuer") return { kind: clusterIssuerKindId, namespace: "", name };
  return kind === "Issuer" || kind === "" ? { kind: issuerKindId, namespace, name } : undefined;
}

export interface ReadIssuer {
  /** Undefined: what it says of a server cannot be used, or it names none. */
  readonly config: AcmeIssuer | undefined;
  readonly problems: readonly Problem[];
}

/** What an issuer says of an ACME server. */
export function readIssuer(issuer: KubeObject): ReadIssuer {
  const problems: Problem[] = [];
  const spec = isJsonObject(issuer.body["spec"]) ? (issuer.body["spec"] as JsonObject) : {};
  const { acme } = spec;
  if (acme === undefined || acme === null) return { config: undefined, problems };
  return { config: acmeIssuer(acme, { path: "spec.acme", problems }), problems };
}

/** What its status says of the account; empty while there is none. */
export function readAccountStatus({ status }: KubeObject): AcmeIssuerStatus {
  const { acme } = isJsonObject(status) ? (status as JsonObject) : {};
  return acmeIssuerStatus(acme ?? {}, { path: "status.acme", problems: [] }) ?? {};
}

/** Whether its condition Ready is True. */
export function isReady({ status }: KubeObject): boolean {
  const { conditions } = isJsonObject(status) ? (status as JsonObject) : {};
  if (!Array.isArray(conditions)) return false;
  return (conditions as readonly Json[]).some((one) => {
    if (!isJsonObject(one)) return false;
    const { type, status: value } = one as JsonObject;
    return type === "Ready" && value === "True";
  });
}

/** Where the Secrets of an issuer are. */
export function credentialsNamespace(issuer: KubeObject, clusterResourceNamespace: string): string {
  return keyOf(issuer).kind === clusterIssuerKindId
    ? clusterResourceNamespace
    : issuer.metadata.namespace;
}
