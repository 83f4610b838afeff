/** Objects of one kind that are made for others and belong to them. What belongs to nobody of them is never touched. */

import { type JsonObject, sameJson } from "#base/json.ts";
import {
  formatKey,
  type KubeObject,
  kindId,
  type ObjectKey,
  type OwnerReference,
} from "#kinds/object.ts";
import { type Draft, type ObjectStore, StoreError } from "./object-store.ts";
import { unlessGone } from "./unless-gone.ts";

/** One object that is to be there. */
export interface WantedObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Given those of the one that is there. */
  readonly annotations: (there: Annotations) => Annotations;
  readonly spec: (there: JsonObject) => JsonObject;
}

type Annotations = Readonly<Record<string, string>>;

/** What was done for an owner, as an Event of it says. */
export interface Made {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** `foreign`: one that is somebody else's is there; `undefined-kind`: the cluster does not define it. */
type Change = "created" | "updated" | "deleted" | "foreign" | "undefined-kind";

export interface OwnedKind<Wish> {
  readonly id: ObjectKey["kind"];
  readonly apiVersion: string;
  readonly kind: string;
  /** What has a cluster define it. */
  readonly definedBy: string;
  readonly objectOf: (wish: Wish) => WantedObject;
}

type Store = Pick<ObjectStore, "get" | "list" | "create" | "replace" | "remove">;

export class OwnedObjects<Wish> {
  readonly #store: Store;
  readonly #kind: OwnedKind<Wish>;
  /** Key of an object → the names of those that belong to it; undefined until they were looked for. */
  #owned: Map<string, Set<string>> | undefined;

  constructor(store: Store, kind: OwnedKind<Wish>) {
    this.#store = store;
    this.#kind = kind;
  }

  /** Whether an object (`formatKey`) neither wants nor has any. */
  async isIdle(owner: string, wishes: readonly Wish[]): Promise<boolean> {
    return wishes.length === 0 && (await this.#ownedBy(owner)).size === 0;
  }

  /** Makes, changes and removes until an object has those that it wants. Throws StoreError. */
  async bring(owner: KubeObject, wishes: readonly Wish[]): Promise<readonly Made[]> {
    const { namespace } = owner.metadata;
    const ownerKey = keyOfOwner(referenceTo(owner), namespace);
    const owned = new Set(await this.#ownedBy(ownerKey));
    this.#owned?.set(ownerKey, owned);
    const made: Made[] = [];
    const wanted = wishes.map(this.#kind.objectOf);
    for (const one of wanted) {
      const change = await this.#fulfil(owner, one);
      if (change !== "foreign" && change !== "undefined-kind") owned.add(one.name);
      if (change !== undefined) made.push(madeBy(change, this.#kind, one.name));
    }
    for (const name of owned) {
      if (wanted.some((one) => one.name === name)) continue;
      if (await this.#remove(owner, this.#keyOf(namespace, name)))
        made.push(madeBy("deleted", this.#kind, name));
      owned.delete(name);
    }
    return made;
  }

  async #fulfil(owner: KubeObject, wish: WantedObject): Promise<Change | undefined> {
    const key = this.#keyOf(owner.metadata.namespace, wish.name);
    const there = await this.#store.get(key);
    const draft = this.#draftOf(owner, wish, there);
    if (there === undefined)
      return (await unlessGone(this.#store.create(draft))) ? "created" : "undefined-kind";
    if (!belongsTo(there, owner)) return "foreign";
    if (isAlready(there, draft)) return undefined;
    await this.#store.replace(key, draft, there.metadata.resourceVersion);
    return "updated";
  }

  async #remove(owner: KubeObject, key: ObjectKey): Promise<boolean> {
    const there = await this.#store.get(key);
    if (there === undefined || !belongsTo(there, owner)) return false;
    const { uid, resourceVersion } = there.metadata;
    await this.#store.remove(key, { uid, resourceVersion });
    return true;
  }

  /** What others have added to one that is there stays. */
  #draftOf(owner: KubeObject, wish: WantedObject, there: KubeObject | undefined): Draft {
    const others = (there?.metadata.ownerReferences ?? []).filter(({ controller }) => !controller);
    return {
      apiVersion: this.#kind.apiVersion,
      kind: this.#kind.kind,
      metadata: {
        name: wish.name,
        namespace: owner.metadata.namespace,
        labels: wish.labels,
        annotations: wish.annotations(there?.metadata.annotations ?? {}),
        finalizers: there?.metadata.finalizers ?? [],
        ownerReferences: [...others, referenceTo(owner)],
      },
      body: { spec: wish.spec((there?.body["spec"] ?? {}) as JsonObject) },
    };
  }

  #keyOf(namespace: string, name: string): ObjectKey {
    return { kind: this.#kind.id, namespace, name };
  }

  async #ownedBy(owner: string): Promise<ReadonlySet<string>> {
    this.#owned ??= await this.#findOwned();
    return this.#owned.get(owner) ?? nobody;
  }

  async #findOwned(): Promise<Map<string, Set<string>>> {
    const owned = new Map<string, Set<string>>();
    for (const { metadata } of await this.#listAll()) {
      const controller = metadata.ownerReferences.find((owner) => owner.controller === true);
      if (controller === undefined) continue;
      const key = keyOfOwner(controller, metadata.namespace);
      owned.set(key, (owned.get(key) ?? new Set()).add(metadata.name));
    }
    return owned;
  }

  async #listAll(): Promise<readonly KubeObject[]> {
    try {
      return (await this.#store.list(this.#kind.id)).items;
    } catch (error) {
      // Who may not list them has made none.
      if (error instanceof StoreError && ["not-found", "denied"].includes(error.code)) return [];
      throw error;
    }
  }
}

function madeBy(
  change: Change,
  { kind, definedBy }: Pick<OwnedKind<never>, "kind" | "definedBy">,
  name: string,
): Made {
  switch (change) {
    case "created":
      return succeeded(`Create${kind}`, `created ${kind} "${name}"`);
    case "updated":
      return succeeded(`Update${kind}`, `updated ${kind} "${name}"`);
    case "deleted":
      return succeeded(`Delete${kind}`, `deleted unrequired ${kind} "${name}"`);
    case "foreign":
      return failed(
        `${kind} "${name}" is there already and does not belong to this object, so it is left alone`,
      );
    case "undefined-kind":
      return failed(`no ${kind} can be made: the cluster does not define that kind; ${definedBy}`);
  }
}

function succeeded(reason: string, what: string): Made {
  return { type: "Normal", reason, message: `Successfully ${what}` };
}

function failed(message: string): Made {
  return { type: "Warning", reason: "BadConfig", message };
}

const nobody: ReadonlySet<string> = new Set();

function keyOfOwner({ apiVersion, kind, name }: OwnerReference, namespace: string): string {
  return formatKey({ kind: kindId(apiVersion, kind), namespace, name });
}

function referenceTo({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

/** Also to one that was there before under the same name: it went, and what it had is kept from going, too. */
function belongsTo({ metadata }: KubeObject, owner: KubeObject): boolean {
  const { namespace } = owner.metadata;
  const ours = keyOfOwner(referenceTo(owner), namespace);
  return metadata.ownerReferences.some(
    (one) => one.controller === true && keyOfOwner(one, namespace) === ours,
  );
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
