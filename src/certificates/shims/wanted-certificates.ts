/** Certificates that objects want, as objects of cert-manager that belong to them. What belongs to nobody of them is never touched. */

import { type JsonObject, sameJson } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import {
  formatKey,
  type KubeObject,
  kindId,
  type ObjectKey,
  type OwnerReference,
} from "#kinds/object.ts";
import type { WantedCertificate } from "#model/wanted-certificate.ts";
import { type Draft, type ObjectStore, StoreError } from "#store/object-store.ts";
import { unlessGone } from "#store/unless-gone.ts";

/** What was done for an object, for its Events. */
export interface Done {
  readonly type: "Normal" | "Warning";
  readonly reason: "CreateCertificate" | "UpdateCertificate" | "DeleteCertificate" | "BadConfig";
  readonly message: string;
}

type Store = Pick<ObjectStore, "get" | "list" | "create" | "replace" | "remove">;

const temporary = "cert-manager.io/issue-temporary-certificate";

export class WantedCertificates {
  readonly #store: Store;
  /** Key of an object → the names of the Certificates that belong to it; undefined until they were looked for. */
  #owned: Map<string, Set<string>> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whether an object (`formatKey`) neither wants nor has any. */
  async isIdle(owner: string, wishes: readonly WantedCertificate[]): Promise<boolean> {
    return wishes.length === 0 && (await this.#ownedBy(owner)).size === 0;
  }

  /** Makes, changes and removes until an object has the Certificates that it wants. Throws StoreError. */
  async bring(owner: KubeObject, wishes: readonly WantedCertificate[]): Promise<readonly Done[]> {
    const { namespace } = owner.metadata;
    const ownerKey = keyOfOwner(referenceTo(owner), namespace);
    const owned = new Set(await this.#ownedBy(ownerKey));
    this.#owned?.set(ownerKey, owned);
    const done: Done[] = [];
    for (const wish of wishes) {
      const one = await this.#fulfil(owner, wish);
      if (one?.reason !== "BadConfig") owned.add(wish.name);
      if (one !== undefined) done.push(one);
    }
    for (const name of owned) {
      if (wishes.some((wish) => wish.name === name)) continue;
      if (await this.#remove(owner, keyOf(namespace, name)))
        done.push(succeeded("DeleteCertificate", `deleted unrequired Certificate "${name}"`));
      owned.delete(name);
    }
    return done;
  }

  async #fulfil(owner: KubeObject, wish: WantedCertificate): Promise<Done | undefined> {
    const { namespace } = owner.metadata;
    const key = keyOf(namespace, wish.name);
    const there = await this.#store.get(key);
    if (there === undefined) {
      const draft = draftOf(owner, wish, undefined);
      if (!(await unlessGone(this.#store.create(draft)))) return undefinedKind;
      return succeeded("CreateCertificate", `created Certificate "${wish.name}"`);
    }
    if (!belongsTo(there, owner)) {
      const message = `Certificate "${wish.name}" is there already and does not belong to this object, so it is left alone`;
      return { type: "Warning", reason: "BadConfig", message };
    }
    const draft = draftOf(owner, wish, there);
    if (isAlready(there, draft)) return undefined;
    await this.#store.replace(key, draft, there.metadata.resourceVersion);
    return succeeded("UpdateCertificate", `updated Certificate "${wish.name}"`);
  }

  async #remove(owner: KubeObject, key: ObjectKey): Promise<boolean> {
    const there = await this.#store.get(key);
    if (there === undefined || !belongsTo(there, owner)) return false;
    const { uid, resourceVersion } = there.metadata;
    await this.#store.remove(key, { uid, resourceVersion });
    return true;
  }

  async #ownedBy(owner: string): Promise<ReadonlySet<string>> {
    this.#owned ??= await findOwned(this.#store);
    return this.#owned.get(owner) ?? nobody;
  }
}

const nobody: ReadonlySet<string> = new Set();

const undefinedKind: Done = {
  type: "Warning",
  reason: "BadConfig",
  message:
    "no Certificate can be made: the cluster does not define that kind; install cert-manager",
};

async function findOwned(store: Store): Promise<Map<string, Set<string>>> {
  const owned = new Map<string, Set<string>>();
  for (const { metadata } of await listAll(store)) {
    const controller = metadata.ownerReferences.find((owner) => owner.controller === true);
    if (controller === undefined) continue;
    const key = keyOfOwner(controller, metadata.namespace);
    owned.set(key, (owned.get(key) ?? new Set()).add(metadata.name));
  }
  return owned;
}

async function listAll(store: Store): Promise<readonly KubeObject[]> {
  try {
    return (await store.list(certificateKind.id)).items;
  } catch (error) {
    if (error instanceof StoreError && error.code === "not-found") return [];
    throw error;
  }
}

function succeeded(reason: Done["reason"], what: string): Done {
  return { type: "Normal", reason, message: `Successfully ${what}` };
}

function keyOf(namespace: string, name: string): ObjectKey {
  return { kind: certificateKind.id, namespace, name };
}

function keyOfOwner({ apiVersion, kind, name }: OwnerReference, namespace: string): string {
  return formatKey({ kind: kindId(apiVersion, kind), namespace, name });
}

function referenceTo({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

/** Also to one that was there before under the same name: it went, and its Certificate is kept from going, too. */
function belongsTo({ metadata }: KubeObject, owner: KubeObject): boolean {
  const { namespace } = owner.metadata;
  const ours = keyOfOwner(referenceTo(owner), namespace);
  return metadata.ownerReferences.some(
    (one) => one.controller === true && keyOfOwner(one, namespace) === ours,
  );
}

/** What others have added to a Certificate that is there stays. */
function draftOf(owner: KubeObject, wish: WantedCertificate, there: KubeObject | undefined): Draft {
  const annotations = annotationsOf(wish, there?.metadata.annotations ?? {});
  const others = (there?.metadata.ownerReferences ?? []).filter(({ controller }) => !controller);
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: {
      name: wish.name,
      namespace: owner.metadata.namespace,
      labels: wish.labels,
      annotations,
      finalizers: there?.metadata.finalizers ?? [],
      ownerReferences: [...others, referenceTo(owner)],
    },
    body: { spec: specOf(wish, there) },
  };
}

function annotationsOf(
  { meanwhile, copied = {} }: WantedCertificate,
  there: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const wanted = { ...copied, [temporary]: meanwhile === "self-signed" ? "true" : null };
  return Object.fromEntries(
    Object.entries<string | null>({ ...there, ...wanted }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  );
}

/** Those that an object may ask for besides: one that it asks for no more goes. */
const furtherFields: readonly string[] = [
  ...["emailAddresses", "ipAddresses", "privateKey", "renewBeforePercentage"],
  ...["revisionHistoryLimit", "secretTemplate", "subject"],
];

function specOf(wish: WantedCertificate, there: KubeObject | undefined): JsonObject {
  const { commonName, duration, renewBefore, ...rest } = (there?.body["spec"] ?? {}) as JsonObject;
  const others = Object.entries(rest).filter(
    ([field]) => wish.further === undefined || !furtherFields.includes(field),
  );
  return {
    ...Object.fromEntries(others),
    ...wish.further,
    secretName: wish.name,
    dnsNames: [...wish.hosts],
    issuerRef: { ...wish.issuer },
    usages: [...wish.usages],
    ...(wish.commonName === undefined ? {} : { commonName: wish.commonName }),
    ...(wish.duration === undefined ? {} : { duration: wish.duration }),
    ...(wish.renewBefore === undefined ? {} : { renewBefore: wish.renewBefore }),
  };
}

function isAlready({ metadata, body }: KubeObject, draft: Draft): boolean {
  const { labels, annotations, ownerReferences } = metadata;
  const known = { labels, annotations, owners: ownerUids(ownerReferences), spec: body["spec"] };
  const wanted = {
    labels: draft.metadata.labels ?? {},
    annotations: draft.metadata.annotations ?? {},
    owners: ownerUids(draft.metadata.ownerReferences ?? []),
    spec: draft.body["spec"],
  };
  return sameJson(known, wanted);
}

function ownerUids(owners: readonly OwnerReference[]): readonly string[] {
  return owners.map(({ uid }) => uid).sort();
}
