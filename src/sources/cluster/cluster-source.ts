/**
 * A cluster as a source: kinds listed and watched into memory, and an object store whose reads of them are answered from
 * there. Its writes, and reads of other kinds, go to the API server.
 */

import type { Finding } from "#base/finding.ts";
import { formatKey, type KindId, type KubeObject, keyOf, type ObjectKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { ApiResource, Collection } from "#store/kubernetes/collection.ts";
import type { KubernetesStore } from "#store/kubernetes/kubernetes-store.ts";
import { type ObjectStore, StoreError, type WatchEvent } from "#store/object-store.ts";
import { clusterFindings } from "./cluster-findings.ts";
import { type CollectionLoopDeps, followCollection } from "./collection-loop.ts";
import { Mirror } from "./mirror.ts";
import { SecretKeeper, secretMetadata } from "./secret-keeper.ts";

export interface ClusterSourceDeps extends CollectionLoopDeps {
  readonly store: KubernetesStore;
}

export interface ClusterSourceSettings {
  /** The kinds to mirror. Secrets among them are mirrored when they are named. */
  readonly kinds: readonly ApiResource[];
  /** Single objects of kinds that are not mirrored otherwise. Default: none. */
  readonly single?: readonly SingleObject[];
  /** Where objects of namespaced kinds are read. */
  readonly namespaces: "all" | readonly string[];
  /** Where Secrets may be read. Default: where everything else is. */
  readonly secretNamespaces?: "all" | readonly string[];
  /** The Secrets that an object names. */
  readonly secretsOf: (object: KubeObject) => readonly ObjectKey[];
  /** Takes what hinders the source, and the Secrets that it may not read, when they may have changed. */
  readonly changed: (findings: readonly Finding[]) => void;
}

export interface SingleObject {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterSource {
  /** Its lists, watches and gets of mirrored kinds wait until everything was listed once. */
  readonly store: ObjectStore;
  /** Resolves once every kind was listed, and every Secret that is named was read, or could not be. */
  readonly listed: Promise<void>;
  /** Rejects at a bug of ours; never resolves before {@link close}. */
  readonly failed: Promise<void>;
  readonly close: () => Promise<void>;
}

/** Secrets that could not be read are tried again after this long. */
const retryAfter = Temporal.Duration.from({ seconds: 5 });

/** Begins to list and watch. */
export function startClusterSource(
  deps: ClusterSourceDeps,
  settings: ClusterSourceSettings,
): ClusterSource {
  const following = new Following(deps, settings);
  const single = settings.single ?? [];
  const mirrored: Mirrored = {
    kinds: new Set(
      [...settings.kinds, ...single.map(({ resource }) => resource)].map(({ id }) => id),
    ),
    single: new Map(single.map(({ resource, ...at }) => [resource.id, at])),
  };
  return {
    store: createMirroredStore(deps.store, following, mirrored),
    listed: following.listed,
    failed: following.ended,
    close: () => following.close(),
  };
}

interface Mirrored {
  readonly kinds: ReadonlySet<KindId>;
  /** Of kinds of which there is no more in the mirror. */
  readonly single: ReadonlyMap<KindId, { readonly namespace: string; readonly name: string }>;
}

function createMirroredStore(
  store: ObjectStore,
  { mirror, secrets, listed }: Following,
  { kinds: mirrored, single }: Mirrored,
): ObjectStore {
  const isElsewhere = ({ kind, namespace, name }: ObjectKey): boolean => {
    const only = single.get(kind);
    return only !== undefined && (only.namespace !== namespace || only.name !== name);
  };
  return {
    ...store,
    get: async (key) => {
      if (!mirrored.has(key.kind) || isElsewhere(key)) return await store.get(key);
      await listed;
      // Whoever asks for a Secret by name names it.
      return key.kind === secretKind.id ? await secrets.get(key) : mirror.get(formatKey(key));
    },
    list: async (kind, namespace) => {
      if (!mirrored.has(kind)) return await store.list(kind, namespace);
      await listed;
      return mirror.list(kind, namespace);
    },
    watch: (from, signal) => {
      const others = Object.keys(from).filter((kind) => !mirrored.has(kind));
      if (others.length === 0) return mirror.watch(from, signal);
      if (others.length === Object.keys(from).length) return store.watch(from, signal);
      throw new StoreError("invalid", `${others.join(", ")} must be watched apart from the others`);
    },
  };
}

class Following {
  readonly mirror = new Mirror();
  readonly listed: Promise<void>;
  readonly ended: Promise<void>;
  readonly #deps: ClusterSourceDeps;
  readonly #settings: ClusterSourceSettings;
  readonly #stopping = new AbortController();
  readonly secrets: SecretKeeper;
  readonly #hindrances = new Map<Collection, StoreError>();
  #cancelRetry = (): void => undefined;

  constructor(deps: ClusterSourceDeps, settings: ClusterSourceSettings) {
    this.#deps = deps;
    this.#settings = settings;
    const granted = settings.secretNamespaces ?? settings.namespaces;
    this.secrets = new SecretKeeper(
      {
        ...deps,
        take: (events) => this.mirror.take(events),
        failed: () => this.#retrySecrets(),
      },
      {
        secretsOf: settings.secretsOf,
        isGranted: (namespace) => granted === "all" || granted.includes(namespace),
      },
    );
    const loops = this.#collections(granted).map((collection) => this.#follow(collection));
    this.listed = Promise.all(loops.map(({ listed }) => listed)).then(() => undefined);
    this.ended = Promise.all(loops.map(({ ended }) => ended)).then(() => undefined);
    // Whoever waits for either is told; that nobody does is no failure of its own.
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#cancelRetry();
    this.mirror.close();
    await this.ended;
  }

  #collections(granted: "all" | readonly string[]): readonly Collection[] {
    const { kinds, single = [] } = this.#settings;
    const alone = single.map((one): Collection => ({ ...one, form: "whole" }));
    const whole = kinds.flatMap((resource): readonly Collection[] => {
      const isSecret = resource.id === secretKind.id;
      const base = isSecret ? secretMetadata : ({ resource, form: "whole" } as const);
      const namespaces = isSecret ? granted : this.#settings.namespaces;
      if (!resource.namespaced || namespaces === "all") return [base];
      return namespaces.map((namespace) => ({ ...base, namespace }));
    });
    return [...whole, ...alone];
  }

  #follow(collection: Collection): {
    readonly listed: Promise<void>;
    readonly ended: Promise<void>;
  } {
    const first = Promise.withResolvers<void>();
    const isSecret = collection.resource.id === secretKind.id;
    const ended = followCollection(
      this.#deps,
      collection,
      {
        listed: async (objects) => {
          if (isSecret) await this.secrets.listed(objects, collection.namespace);
          else await this.#takeListing(collection, objects);
          first.resolve();
        },
        changed: (events) => (isSecret ? this.secrets.changed(events) : this.#take(events)),
        hindered: (error) => this.#hindered(collection, error),
      },
      this.#stopping.signal,
    );
    ended.catch(first.reject);
    return { listed: first.promise, ended };
  }

  async #takeListing(
    { resource, namespace }: Collection,
    objects: readonly KubeObject[],
  ): Promise<void> {
    const there = new Set(objects.map((object) => formatKey(keyOf(object))));
    const gone = this.mirror
      .list(resource.id, namespace)
      .items.filter((object) => !there.has(formatKey(keyOf(object))));
    await this.#take([
      ...gone.map((object): WatchEvent => ({ kind: "deleted", object })),
      ...objects.map((object): WatchEvent => ({ kind: "set", object })),
    ]);
  }

  /** Secrets first, so that whoever names one finds it. */
  async #take(events: readonly WatchEvent[]): Promise<void> {
    const named = await this.secrets.prepare(events);
    this.mirror.take([...named, ...events]);
    if (this.secrets.settle(events)) this.#tell();
  }

  #hindered(collection: Collection, error: StoreError | undefined): void {
    if (error === undefined && !this.#hindrances.has(collection)) return;
    if (error === undefined) this.#hindrances.delete(collection);
    else this.#hindrances.set(collection, error);
    this.#tell();
  }

  #tell(): void {
    this.#settings.changed(clusterFindings(this.#hindrances, this.secrets.refused()));
  }

  #retrySecrets(): void {
    this.#cancelRetry();
    if (this.#stopping.signal.aborted) return;
    this.#cancelRetry = this.#deps.clock.after(retryAfter, () => void this.secrets.readDue());
  }
}
