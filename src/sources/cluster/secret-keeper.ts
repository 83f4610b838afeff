/**
 * The Secrets that objects name, and no others: of all Secrets in the granted namespaces only the metadata is watched,
 * and one is read when it is named, and again when it has changed.
 */

import { formatKey, type KubeObject, keyOf, type ObjectKey, parseKey } from "#kinds/object.ts";
import { secretKind } from "#kinds/secret.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { errorText, logFields } from "#runtime/telemetry/log-fields.ts";
import { type ObjectStore, StoreError, type WatchEvent } from "#store/object-store.ts";

export interface SecretKeeperDeps {
  readonly log: Log;
  readonly store: Pick<ObjectStore, "get">;
  /** Takes what was read, and what nobody names any more or is deleted. */
  readonly take: (events: readonly WatchEvent[]) => void;
  /** A Secret could not be read: {@link SecretKeeper.readDue} will try again. */
  readonly failed: () => void;
}

export interface SecretKeeperSettings {
  readonly secretsOf: (object: KubeObject) => readonly ObjectKey[];
  readonly isGranted: (namespace: string) => boolean;
}

export interface RefusedSecret {
  readonly secret: ObjectKey;
  readonly user: ObjectKey;
}

interface Kept {
  /** Objects (`formatKey`) that name it. */
  readonly users: Set<string>;
  object: KubeObject | undefined;
  reading: Promise<void> | undefined;
  /** What the metadata watch said while it was read. */
  meanwhile: WatchEvent | undefined;
  /** It is to be read, or could not be. */
  isDue: boolean;
}

export class SecretKeeper {
  readonly #deps: SecretKeeperDeps;
  readonly #settings: SecretKeeperSettings;
  readonly #kept = new Map<string, Kept>();
  readonly #named = new Map<string, readonly string[]>();
  /** Read, and not taken yet. */
  #fresh: WatchEvent[] = [];
  readonly #refused = new Map<string, readonly ObjectKey[]>();

  constructor(deps: SecretKeeperDeps, settings: SecretKeeperSettings) {
    this.#deps = deps;
    this.#settings = settings;
  }

  /** Secrets outside the granted namespaces, each with an object that names it. */
  refused(): readonly RefusedSecret[] {
    return [...this.#refused].flatMap(([user, secrets]) =>
      secrets.map((secret) => ({ secret, user: parseKey(user) })),
    );
  }

  /** Reads a Secret that somebody asks for by name. Throws StoreError `denied` outside the granted namespaces. */
  async get(key: ObjectKey): Promise<KubeObject | undefined> {
    const kept = this.#kept.get(formatKey(key))?.object;
    if (kept !== undefined) return kept;
    if (this.#settings.isGranted(key.namespace)) return await this.#deps.store.get(key);
    throw new StoreError("denied", `Secrets in namespace ${key.namespace} are not granted`);
  }

  /** Reads what the objects of `events` name for the first time; resolves to what was read, to be taken with them. */
  async prepare(events: readonly WatchEvent[]): Promise<readonly WatchEvent[]> {
    const reads: Promise<void>[] = [];
    for (const { kind, object } of events) {
      if (kind !== "set") continue;
      const user = formatKey(keyOf(object));
      for (const key of this.#settings.secretsOf(object).map(formatKey)) {
        const kept = this.#keep(key, user);
        if (kept?.object !== undefined) continue;
        if (kept?.reading !== undefined) reads.push(kept.reading);
        else if (kept?.users.size === 1) reads.push(this.#read(key, kept));
      }
    }
    await Promise.all(reads);
    return this.#fresh.splice(0);
  }

  /** After the objects were taken: forgets the Secrets that they do not name any more. True when others are {@link refused} now. */
  settle(events: readonly WatchEvent[]): boolean {
    const dropped: WatchEvent[] = [];
    let isRefusalNew = false;
    // Of an object that went and came back only the last word counts.
    const last = new Map(events.map((event) => [formatKey(keyOf(event.object)), event]));
    for (const [user, { kind, object }] of last) {
      const named = kind === "set" ? this.#settings.secretsOf(object) : [];
      const now = named.map(formatKey);
      for (const key of this.#named.get(user) ?? []) {
        if (!now.includes(key)) dropped.push(...this.#release(key, user));
      }
      if (now.length === 0) this.#named.delete(user);
      else this.#named.set(user, now);
      if (this.#refuse(user, named)) isRefusalNew = true;
    }
    if (dropped.length > 0) this.#deps.take(dropped);
    return isRefusalNew;
  }

  /** What the metadata watch says of Secrets. */
  async changed(events: readonly WatchEvent[]): Promise<void> {
    const reads: Promise<void>[] = [];
    for (const event of events) {
      const key = formatKey(keyOf(event.object));
      const kept = this.#kept.get(key);
      if (kept?.reading !== undefined) {
        kept.meanwhile = event;
        reads.push(this.#taken(kept.reading));
      } else if (kept !== undefined && isBehind(kept.object, event)) {
        reads.push(this.#taken(this.#read(key, kept)));
      }
    }
    await Promise.all(reads);
  }

  /** All Secrets that are in a namespace (in all without one). */
  async listed(objects: readonly KubeObject[], namespace: string | undefined): Promise<void> {
    const there = new Set(objects.map((object) => formatKey(keyOf(object))));
    const gone = [...this.#kept].flatMap(([key, { object }]): readonly WatchEvent[] => {
      const isMeant = namespace === undefined || object?.metadata.namespace === namespace;
      return object === undefined || !isMeant || there.has(key)
        ? []
        : [{ kind: "deleted", object }];
    });
    await this.changed([
      ...gone,
      ...objects.map((object): WatchEvent => ({ kind: "set", object })),
    ]);
  }

  /** Tries again what could not be read. */
  async readDue(): Promise<void> {
    const due = [...this.#kept].filter(([, { isDue }]) => isDue);
    await Promise.all(due.map(([key, kept]) => this.#taken(this.#read(key, kept))));
  }

  #refuse(user: string, named: readonly ObjectKey[]): boolean {
    const refused = named.filter(({ namespace }) => !this.#settings.isGranted(namespace));
    const before = this.#refused.get(user) ?? [];
    if (refused.length === 0) this.#refused.delete(user);
    else this.#refused.set(user, refused);
    return refused.map(formatKey).join() !== before.map(formatKey).join();
  }

  /** What was read counts at once, not only behind what is read at the same time. */
  async #taken(reading: Promise<void>): Promise<void> {
    await reading;
    if (this.#fresh.length > 0) this.#deps.take(this.#fresh.splice(0));
  }

  #keep(key: string, user: string): Kept | undefined {
    if (!this.#settings.isGranted(parseKey(key).namespace)) return undefined;
    const kept = this.#kept.get(key) ?? {
      users: new Set(),
      object: undefined,
      reading: undefined,
      meanwhile: undefined,
      isDue: false,
    };
    this.#kept.set(key, kept);
    kept.users.add(user);
    return kept;
  }

  #release(key: string, user: string): readonly WatchEvent[] {
    const kept = this.#kept.get(key);
    kept?.users.delete(user);
    if (kept === undefined || kept.users.size > 0) return [];
    this.#kept.delete(key);
    this.#fresh = this.#fresh.filter(({ object }) => formatKey(keyOf(object)) !== key);
    return kept.object === undefined ? [] : [{ kind: "deleted", object: kept.object }];
  }

  /** One read at a time: what changes meanwhile is read once more behind it, so the last word is the server's last. */
  async #read(key: string, kept: Kept): Promise<void> {
    kept.isDue = true;
    kept.reading ??= this.#readWhileDue(key, kept).finally(() => {
      kept.reading = undefined;
    });
    await kept.reading;
  }

  async #readWhileDue(key: string, kept: Kept): Promise<void> {
    while (kept.isDue && this.#kept.get(key) === kept) {
      kept.isDue = false;
      try {
        this.#put(key, kept, await this.#deps.store.get(parseKey(key)));
        const { meanwhile } = kept;
        kept.meanwhile = undefined;
        if (meanwhile !== undefined && isBehind(kept.object, meanwhile)) kept.isDue = true;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        kept.isDue = true;
        this.#deps.log.warn("a Secret was not read", {
          [logFields.object]: key,
          [logFields.error]: errorText(error),
        });
        this.#deps.failed();
        return;
      }
    }
  }

  #put(key: string, kept: Kept, object: KubeObject | undefined): void {
    if (this.#kept.get(key) !== kept) return;
    const before = kept.object;
    kept.object = object;
    if (object !== undefined) this.#fresh.push({ kind: "set", object });
    else if (before !== undefined) this.#fresh.push({ kind: "deleted", object: before });
  }
}

/** Whether an event tells of something newer than what was read, which may be ahead of the watch. */
function isBehind(read: KubeObject | undefined, { kind, object }: WatchEvent): boolean {
  const isOther = read?.metadata.uid !== object.metadata.uid;
  if (kind === "deleted") return !isOther;
  return (
    isOther || Number(read?.metadata.resourceVersion) < Number(object.metadata.resourceVersion)
  );
}

/** What is watched of Secrets. */
export const secretMetadata = { resource: secretKind, form: "metadata" } as const;
