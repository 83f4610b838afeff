/** A Certificate and everything that its issuance has left: issuer, Secret, request, Order, Challenges, Events. */

import { clusterIssuerKindId, issuerKey } from "#certificates/acme/accounts/issuers.ts";
import { type Certificate, certificateKind } from "#kinds/cert-manager/certificate.ts";
import {
  type CertificateRequest,
  certificateRequestKind,
} from "#kinds/cert-manager/certificate-request.ts";
import { challengeKind } from "#kinds/cert-manager/challenge.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import { type Event, eventKind } from "#kinds/event.ts";
import { type Known, read } from "#kinds/kind.ts";
import type { KindId, KubeObject, ObjectKey } from "#kinds/object.ts";
import { type ObjectStore, StoreError } from "#store/object-store.ts";

export interface CertificateTrail {
  readonly certificate: Known<Certificate>;
  readonly issuer: {
    /** `ClusterIssuer prod` */
    readonly name: string;
    /** Absent: it is not there, or of a group whose objects are not read. */
    readonly object?: KubeObject;
    /** Whether its objects are read here. */
    readonly isOurs: boolean;
  };
  readonly secret?: KubeObject;
  /** That of the highest revision. */
  readonly request?: Known<CertificateRequest>;
  readonly order?: KubeObject;
  readonly challenges: readonly KubeObject[];
  readonly events: readonly Known<Event>[];
}

type Store = Pick<ObjectStore, "get" | "list">;

const revisionAnnotation = "cert-manager.io/certificate-revision";

/** Undefined when there is no such Certificate. */
export async function readTrail(
  store: Store,
  namespace: string,
  name: string,
): Promise<CertificateTrail | undefined> {
  const object = await store.get({ kind: certificateKind.id, namespace, name });
  if (object === undefined) return undefined;
  const certificate = read(certificateKind, object);
  const { issuerRef, secretName } = certificate.value?.spec ?? {};
  const request = latest(await ownedBy(store, certificateRequestKind.id, object));
  const order =
    request === undefined ? undefined : (await ownedBy(store, orderKind.id, request))[0];
  const secret =
    secretName === undefined
      ? undefined
      : await store.get({ kind: "Secret", namespace, name: secretName });
  return {
    certificate,
    issuer: await findIssuer(store, issuerRef, namespace),
    ...(secret === undefined ? {} : { secret }),
    ...(request === undefined ? {} : { request: read(certificateRequestKind, request) }),
    ...(order === undefined ? {} : { order }),
    challenges: order === undefined ? [] : await ownedBy(store, challengeKind.id, order),
    events: await eventsOf(store, namespace),
  };
}

async function findIssuer(
  store: Store,
  reference: Certificate["spec"]["issuerRef"] | undefined,
  namespace: string,
): Promise<CertificateTrail["issuer"]> {
  if (reference === undefined) return { name: "none", isOurs: false };
  const { name, kind = "", group = "" } = reference;
  const key: ObjectKey | undefined = issuerKey(reference, namespace);
  if (key === undefined) return { name: `${kind}.${group} ${name}`, isOurs: false };
  const isCluster = key.kind === clusterIssuerKindId;
  const object = await store.get(key);
  return {
    name: `${isCluster ? "ClusterIssuer" : "Issuer"} ${name}`,
    isOurs: true,
    ...(object === undefined ? {} : { object }),
  };
}

/** A cluster need not define the kinds of ACME. */
async function ownedBy(
  store: Store,
  kind: KindId,
  { metadata }: KubeObject,
): Promise<readonly KubeObject[]> {
  try {
    const { items } = await store.list(kind, metadata.namespace);
    return items.filter((one) =>
      one.metadata.ownerReferences.some(({ uid }) => uid === metadata.uid),
    );
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return [];
    throw error;
  }
}

function latest(requests: readonly KubeObject[]): KubeObject | undefined {
  const revisionOf = ({ metadata }: KubeObject): number =>
    Number(metadata.annotations[revisionAnnotation] ?? 0);
  return requests.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
}

async function eventsOf(store: Store, namespace: string): Promise<readonly Known<Event>[]> {
  const { items } = await store.list(eventKind.id, namespace);
  return items.map((item) => read<Event>(eventKind, item));
}
