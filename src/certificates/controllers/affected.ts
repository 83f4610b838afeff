/** Which Certificates, requests and issuers are to be looked at again when an object has changed. */

import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { certificateRequestKind } from "#kinds/cert-manager/certificate-request.ts";
import { requestPolicyKind } from "#kinds/cert-manager/request-policy.ts";
import { findCondition } from "#kinds/condition.ts";
import {
  formatKey,
  type KubeObject,
  keyOf,
  kindId,
  type ObjectKey,
  parseKey,
} from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { ViewChange } from "#store/object-view.ts";
import type { IssuerResolver } from "./issuer-resolver.ts";
import type { World } from "./world.ts";

/**
 * The requests that go on though they wait: who is to decide about one has, its issuer is ready or no longer, or what the
 * issuer has made for it has changed.
 */
export function wokenRequests(
  world: World,
  issuers: IssuerResolver,
  { key, before, after }: ViewChange,
): readonly KubeObject[] {
  if (key.kind === certificateRequestKind.id) {
    const decided = (object: KubeObject | undefined): string =>
      ["Approved", "Denied"].map((type) => findCondition(object?.status, type)?.status).join();
    return after !== undefined && decided(before) !== decided(after) ? [after] : [];
  }
  if (key.kind === certificateKind.id || key.kind === secretKind.id) return [];
  if (key.kind === requestPolicyKind.id)
    return saysOtherwise(before, after) ? undecidedRequests(world) : [];
  const keys = issuers.kinds.some(({ id }) => id === key.kind)
    ? hasTurned(before, after)
      ? world.requestsFor(key)
      : []
    : ownersOf(after ?? before)(certificateRequestKind.id);
  return keys.flatMap((text) => {
    const { kind, namespace, name } = parseKey(text);
    return world.view.get(kind, namespace, name) ?? [];
  });
}

/** What was said of an issuer for the first time we have said, and know. */
function isFirstVerdict(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  const isJudged = (object: KubeObject | undefined): boolean =>
    findCondition(object?.status, "Ready") !== undefined;
  return (
    before !== undefined && !saysOtherwise(before, after) && !isJudged(before) && isJudged(after)
  );
}

/** Not only its status is another one. */
function saysOtherwise(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  return before?.metadata.generation !== after?.metadata.generation;
}

function undecidedRequests({ view }: World): readonly KubeObject[] {
  return view
    .list(certificateRequestKind.id)
    .filter(({ status }) => !["Approved", "Denied"].some((type) => findCondition(status, type)));
}

function hasTurned(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  const readiness = (object: KubeObject | undefined): string | undefined =>
    findCondition(object?.status, "Ready")?.status;
  return readiness(before) !== readiness(after);
}

/** As `formatKey` gives them. */
export function affectedKeys(
  world: World,
  issuers: IssuerResolver,
  { key, before, after }: ViewChange,
): readonly string[] {
  if (key.kind === certificateKind.id) return [formatKey(key), ...rivalsOf(world, before, after)];
  if (key.kind === secretKind.id)
    return [...world.certificatesNaming(key), ...issuersNaming(world, issuers, key)];
  // There are few policies, and they seldom change.
  if (key.kind === requestPolicyKind.id) {
    if (!saysOtherwise(before, after)) return [];
    const judged = [...world.view.list(certificateKind.id), ...undecidedRequests(world)];
    return [formatKey(key), ...judged.map((object) => formatKey(keyOf(object)))];
  }
  const owners = ownersOf(after ?? before);
  if (key.kind === certificateRequestKind.id)
    return [formatKey(key), ...owners(certificateKind.id)];
  if (!issuers.kinds.some(({ id }) => id === key.kind)) return owners(certificateRequestKind.id);
  const own = isFirstVerdict(before, after) ? [] : [formatKey(key)];
  return hasTurned(before, after) ? [...own, ...world.requestsFor(key)] : own;
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
