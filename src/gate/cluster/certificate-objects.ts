/** What of a cluster is read to issue certificates: kinds, and the Secrets that their objects name. */

import { namesOfSecrets } from "#certificates/controllers/world.ts";
import { awsPcaClusterIssuerKind, awsPcaIssuerKind } from "#kinds/cert-manager/aws-pca-issuer.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import { type Kind, read } from "#kinds/kind.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";

export const certificateKinds = [
  awsPcaClusterIssuerKind,
  awsPcaIssuerKind,
  certificateKind,
  certificateRequestKind,
  challengeKind,
  clusterIssuerKind,
  issuerKind,
  orderKind,
  requestPolicyKind,
] as const satisfies readonly Kind<unknown>[];

/** Those whose change has to be seen; what is only used once is read then. */
export function certificateSecretsOf(
  object: KubeObject,
  clusterResourceNamespace: string,
): readonly ObjectKey[] {
  const { kind, namespace: own } = keyOf(object);
  if (kind === certificateKind.id) return keysOf(own, namesOfSecrets(object));
  if (kind !== issuerKind.id && kind !== clusterIssuerKind.id) return [];
  const { secretName } = read(issuerKind, object).value?.spec.ca ?? {};
  const namespace = kind === issuerKind.id ? own : clusterResourceNamespace;
  return keysOf(namespace, secretName === undefined ? [] : [secretName]);
}

function keysOf(namespace: string, names: readonly string[]): readonly ObjectKey[] {
  return [...new Set(names)].map((name) => ({ kind: secretKind.id, namespace, name }));
}
