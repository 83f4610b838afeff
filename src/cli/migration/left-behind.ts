/** What cert-manager has left, as a cluster has it or as `kubectl get -o yaml` wrote it down. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { objectsAt, textAt } from "#base/json-path.ts";
import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import type { Kind } from "#kinds/kind.ts";
import { type KubeObject, keyOf, kindId } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import { decodeObject } from "#store/kubernetes/wire-object.ts";

/** The kinds that are looked at one by one, but for Secrets. */
export const leftKinds: readonly Kind<unknown>[] = [
  ...[certificateKind, certificateRequestKind, orderKind, issuerKind, clusterIssuerKind],
  ...[awsPcaIssuerKind, awsPcaClusterIssuerKind],
];

export interface LeftBehind {
  readonly certificates: readonly KubeObject[];
  readonly requests: readonly KubeObject[];
  readonly orders: readonly KubeObject[];
  /** Of every kind that is served here. */
  readonly issuers: readonly KubeObject[];
  readonly secrets: readonly KubeObject[];
  /** Whether nobody knows whether such a Secret is there. */
  readonly isUnknown: (namespace: string, name: string) => boolean;
  readonly ingresses: readonly JsonObject[];
  /** CustomResourceDefinitions. */
  readonly definitions: readonly JsonObject[];
  /** Configurations of admission webhooks, each with its kind. */
  readonly webhooks: readonly JsonObject[];
  /** Undefined: nobody knows which Services somebody is behind. */
  readonly endpointSlices: readonly JsonObject[] | undefined;
  /** Who holds the lease of cert-manager's controller; undefined: nobody does, or nobody knows. */
  readonly holder: string | undefined;
}

/** Raw objects, each with apiVersion and kind; lists among them are taken apart. */
export function leftBehind(
  raw: readonly JsonObject[],
  isUnknown: LeftBehind["isUnknown"],
): LeftBehind {
  const items = raw.flatMap(itemsOf);
  const named = (kind: string): readonly JsonObject[] =>
    items.filter((one) => one["kind"] === kind);
  const objects = items.flatMap((one) => objectOf(one) ?? []);
  const of = (...kinds: readonly Kind<unknown>[]): readonly KubeObject[] =>
    objects.filter((one) => kinds.some(({ id }) => id === keyOf(one).kind));
  const slices = named("EndpointSlice");
  return {
    certificates: of(certificateKind),
    requests: of(certificateRequestKind),
    orders: of(orderKind),
    issuers: of(issuerKind, clusterIssuerKind, awsPcaIssuerKind, awsPcaClusterIssuerKind),
    secrets: of(secretKind),
    isUnknown,
    ingresses: named("Ingress"),
    definitions: named("CustomResourceDefinition"),
    webhooks: [
      ...named("ValidatingWebhookConfiguration"),
      ...named("MutatingWebhookConfiguration"),
    ],
    endpointSlices: slices.length === 0 ? undefined : slices,
    holder: holderIn(named("Lease")),
  };
}

function itemsOf(raw: JsonObject): readonly JsonObject[] {
  const kind = textAt(raw, "kind") ?? "";
  return kind === "List" || (kind.endsWith("List") && raw["items"] !== undefined)
    ? objectsAt(raw, "items")
    : [raw];
}

function objectOf(raw: JsonObject): KubeObject | undefined {
  const [apiVersion, kind] = [textAt(raw, "apiVersion") ?? "", textAt(raw, "kind") ?? ""];
  const isKnown = [...leftKinds, secretKind].some(({ id }) => id === kindId(apiVersion, kind));
  return isKnown && isJsonObject(raw["metadata"] as Json | undefined)
    ? decodeObject(raw, { apiVersion, kind })
    : undefined;
}

function holderIn(leases: readonly JsonObject[]): string | undefined {
  const lease = leases.find((one) => textAt(one, "metadata", "name") === "cert-manager-controller");
  const holder = textAt(lease, "spec", "holderIdentity");
  return holder === "" ? undefined : holder;
}
