/** Which Certificates, requests and issuers are to be looked at again when an object has changed. */

import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { findCondition } from "#kinds/condition.ts";
import { formatKey, type KubeObject, keyOf, kindId, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { ViewChange } from "#store/object-view.ts";
import type { IssuerResolver } from "./issuer-resolver.ts";
import type { World } from "./world.ts";

/** As `formatKey` gives them. */
export function affectedKeys(
  world: World,
  issuers: IssuerResolver,
  { key, before, after }: ViewChange,
): readonly string[] {
  if (key.kind === certificateKind.id) return [formatKey(key), ...rivalsOf(world, before, after)];
  if (key.kind === secretKind.id)
    return [...world.certificatesNaming(key), ...issuersNaming(world, issuers, key)];
  const owners = ownersOf(after ?? before);
  if (key.kind === certificateRequestKind.id)
    return [formatKey(key), ...owners(certificateKind.id)];
  if (!issuers.kinds.some(({ id }) => id === key.kind)) return owners(certificateRequestKind.id);
  const readiness = (object: KubeObject | undefined): string | undefined =>
    findCondition(object?.status, "Ready")?.status;
  return readiness(before) === readiness(after)
    ? [formatKey(key)]
    : [formatKey(key), ...world.requestsFor(key)];
}

/** When one goes, another may have its Secret. */
function rivalsOf(
  world: World,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): readonly string[] {
  if (before === undefined || after !== undefined) return [];
  const { secretName } = before.body["spec"] as { readonly secretName?: string };
  if (secretName === undefined) return [];
  return world
    .certificatesInto(before.metadata.namespace, secretName)
    .map((object) => formatKey(keyOf(object)));
}

function ownersOf(object: KubeObject | undefined): (kind: string) => readonly string[] {
  return (kind) =>
    (object?.metadata.ownerReferences ?? [])
      .filter((owner) => kindId(owner.apiVersion, owner.kind) === kind)
      .map(({ name }) => formatKey({ kind, namespace: object?.metadata.namespace ?? "", name }));
}

/** There are few issuers, and what names a Secret where is each way's own: the name anywhere in one is enough to look. */
function issuersNaming(
  { view }: World,
  issuers: IssuerResolver,
  { namespace, name }: ObjectKey,
): readonly string[] {
  return issuers.kinds.flatMap(({ id }) =>
    view
      .list(id)
      .filter((issuer) => issuers.accessOf(issuer).credentialsNamespace === namespace)
      .filter(({ body }) => JSON.stringify(body).includes(JSON.stringify(name)))
      .map((issuer) => formatKey(keyOf(issuer))),
  );
}
