/** The embedded store's state and what changes it. */

import type { DatabaseSync } from "node:sqlite";
import { contentHash } from "#base/content-hash.ts";
import { type Json, sameJson } from "#base/json.ts";
import {
  formatKey,
  type KindId,
  type KubeObject,
  type ObjectKey,
  parseKey,
} from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Random } from "#runtime/random.ts";
import { checkApplicable, checkDraft } from "../draft-check.ts";
import {
  type Draft,
  type Listing,
  StoreError,
  type WatchBatch,
  type WatchPoints,
} from "../object-store.ts";
import { type DurableSettings, DurableState, type Outcome } from "./durable-state.ts";
import type { FileBatch } from "./file-batch.ts";
import { collectOrphans, dropRow, isOrphan, isReleased } from "./garbage.ts";
import { changed, checkPreconditions, mergeDraft, newObject } from "./object-change.ts";
import { emptyOverlay, type StoredRow } from "./rows.ts";
import { keyOfDraft, StagedChange, type StoreState } from "./staged-change.ts";

export interface StoreCoreDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** The operations. Those that write are called within {@link StoreCore.transact}. */
export class StoreCore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #durable: DurableState;
  readonly #state: StoreState;

  constructor(deps: StoreCoreDeps, settings: DurableSettings, database: DatabaseSync) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#durable = new DurableState(settings, database);
    this.#state = this.#durable.state;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#durable.visible.get(formatKey(key));
  }

  list(kind: KindId, namespace: string | undefined): Listing {
    const { visible, visibleRevision } = this.#durable;
    return { items: visible.list(kind, namespace), point: `${visibleRevision}` };
  }

  watch(from: WatchPoints, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#durable.watch(from, signal);
  }

  /** {@link DurableState.transact}. */
  transact(writes: readonly (() => unknown)[]): readonly Outcome[] {
    return this.#durable.transact(writes);
  }

  create(draft: Draft): KubeObject {
    checkDraft(draft);
    const key = keyOfDraft(draft);
    if (this.#state.objects.has(key)) throw new StoreError("exists", `${key} exists already`);
    return this.#writeRow(key, { object: this.#newObject(draft) });
  }

  replace(key: ObjectKey, draft: Draft, resourceVersion: string): KubeObject {
    checkDraft(draft);
    const text = formatKey(key);
    if (keyOfDraft(draft) !== text)
      throw new StoreError("invalid", `${text} cannot become ${keyOfDraft(draft)}`);
    const current = this.#current(text);
    checkPreconditions(current, { resourceVersion });
    if (this.#isOfFile(text) && key.kind !== "Secret") return this.#overlay(text, draft);
    const row = this.#state.rows.get(text);
    return this.#writeRow(text, { ...row, object: changed(current, draft), ...this.#beats(text) });
  }

  apply(draft: Draft): KubeObject {
    checkDraft(draft);
    checkApplicable(draft);
    const key = keyOfDraft(draft);
    const current = this.#state.objects.get(key);
    if (current === undefined)
      return this.#writeRow(key, { object: this.#newObject(draft), applied: draft });
    if (this.#isOfFile(key)) return this.#overlay(key, draft);
    const before = this.#state.rows.get(key)?.applied;
    const merged = mergeDraft(current, before, draft);
    return this.#writeRow(key, {
      object: changed(current, merged),
      applied: draft,
      ...this.#beats(key),
    });
  }

  replaceStatus(key: ObjectKey, status: Json, resourceVersion: string | undefined): KubeObject {
    const text = formatKey(key);
    const current = this.#current(text);
    checkPreconditions(current, { resourceVersion });
    if (sameJson(current.status, status)) return current;
    const row = this.#state.rows.get(text);
    if (!this.#isOfFile(text) && row !== undefined) {
      return this.#writeRow(text, { ...row, object: { ...row.object, status } });
    }
    const change = new StagedChange(this.#state);
    const identity = change.identity(text);
    if (identity === undefined) throw new StoreError("not-found", `${text} does not exist`);
    change.identities.set(text, { ...identity, overlay: { ...identity.overlay, status } });
    this.#commit(change);
    return this.#current(text);
  }

  remove(
    key: ObjectKey,
    preconditions: { readonly uid?: string; readonly resourceVersion?: string },
  ): void {
    const text = formatKey(key);
    checkPreconditions(this.#current(text), preconditions);
    if (this.#isOfFile(text)) {
      throw new StoreError("read-only", `${text} comes from a file`);
    }
    const change = new StagedChange(this.#state);
    dropRow(change, text, this.#stamp());
    this.#commit(change);
  }

  replaceFiles(batch: FileBatch): readonly ObjectKey[] {
    const change = new StagedChange(this.#state);
    const created = this.#stamp();
    for (const key of batch.removed.map(formatKey)) this.#removeFile(change, key);
    for (const draft of batch.set) this.#setFile(change, draft, created);
    if (batch.complete) {
      for (const key of this.#state.identities.keys()) {
        if (change.file(key) === undefined && change.identity(key) !== undefined)
          this.#removeFile(change, key);
      }
    }
    this.#commit(change);
    if (batch.complete) this.#dropLeftovers();
    return batch.set
      .map(keyOfDraft)
      .filter((key) => this.#state.rows.has(key) && this.#isOfFile(key))
      .map(parseKey);
  }

  /** {@link DurableState.holdsWiped}. */
  get holdsWiped(): boolean {
    return this.#durable.holdsWiped;
  }

  /** {@link DurableState.wipe}. */
  wipe(): void {
    this.#durable.wipe();
  }

  settle(): void {
    this.#durable.settle();
  }

  close(): void {
    this.#durable.close();
  }

  /** Owners that went while nobody looked leave dependents behind. */
  #dropLeftovers(): void {
    const change = new StagedChange(this.#state);
    for (const uid of this.#state.dependents.keys()) {
      if (this.#state.keyOfUid.has(uid)) continue;
      for (const key of this.#state.dependents.get(uid))
        if (isOrphan(this.#state, change, key)) dropRow(change, key, this.#stamp());
    }
    if (change.touched().size > 0) this.#commit(change);
  }

  #setFile(change: StagedChange, draft: Draft, created: string): void {
    const key = keyOfDraft(draft);
    const bodyHash = contentHash(JSON.stringify(draft.body));
    const identity = change.identity(key);
    if (identity === undefined) {
      const uid = this.#random.uuid();
      change.identities.set(key, { uid, created, generation: 1, bodyHash, overlay: emptyOverlay });
    } else if (identity.bodyHash !== bodyHash) {
      change.identities.set(key, { ...identity, generation: identity.generation + 1, bodyHash });
    }
    change.files.set(key, draft);
  }

  /** Finalizers that we added to it hold an object whose file is gone: it stays as a stored one under deletion. */
  #removeFile(change: StagedChange, key: string): void {
    const object = change.file(key) === undefined ? undefined : change.object(key);
    const held = (change.identity(key)?.overlay.finalizers ?? []).length > 0;
    change.files.set(key, undefined);
    change.identities.set(key, undefined);
    if (held && object !== undefined && change.row(key) === undefined) {
      const metadata = { ...object.metadata, deletionTimestamp: this.#stamp() };
      change.rows.set(key, { object: { ...object, metadata } });
    }
  }

  /** What may be added to an object of a file: annotations and finalizers. */
  #overlay(key: string, draft: Draft): KubeObject {
    const change = new StagedChange(this.#state);
    const file = change.file(key);
    const identity = change.identity(key);
    if (file === undefined || identity === undefined) throw new Error(`${key} is of no file`);
    const labels = draft.metadata.labels ?? file.metadata.labels ?? {};
    if (!sameJson(draft.body, file.body) || !sameJson(labels, file.metadata.labels ?? {})) {
      throw new StoreError("read-only", `${key} comes from a file`);
    }
    const own = file.metadata.annotations ?? {};
    const annotations = Object.fromEntries(
      Object.entries(draft.metadata.annotations ?? {}).filter(
        ([name]) => !Object.hasOwn(own, name),
      ),
    );
    const finalizers = (draft.metadata.finalizers ?? []).filter(
      (name) => !(file.metadata.finalizers ?? []).includes(name),
    );
    change.identities.set(key, {
      ...identity,
      overlay: { ...identity.overlay, annotations, finalizers },
    });
    this.#commit(change);
    return this.#current(key);
  }

  #isOfFile(key: string): boolean {
    return this.#state.files.has(key) && this.#state.rows.get(key)?.beatsFile !== true;
  }

  /** A write into a Secret that a file holds makes the stored one win: the file was its seed. */
  #beats(key: string): { readonly beatsFile?: true } {
    return this.#state.files.has(key) ? { beatsFile: true } : {};
  }

  #current(key: string): KubeObject {
    const object = this.#state.objects.get(key);
    if (object === undefined) throw new StoreError("not-found", `${key} does not exist`);
    return object;
  }

  #newObject(draft: Draft): KubeObject {
    return newObject(draft, this.#random.uuid(), this.#stamp());
  }

  #writeRow(key: string, row: StoredRow): KubeObject {
    const before = this.#state.rows.get(key);
    const isSame = before !== undefined && sameJson(before.object, row.object);
    if (isSame && before.applied === undefined && row.applied === undefined) return before.object;
    if (isSame && sameJson(before.applied, row.applied)) return before.object;
    const change = new StagedChange(this.#state);
    change.rows.set(key, row);
    if (isReleased(change, key)) change.rows.set(key, undefined);
    this.#commit(change);
    return this.#state.objects.get(key) ?? row.object;
  }

  #commit(change: StagedChange): void {
    collectOrphans(this.#state, change, this.#stamp());
    this.#durable.commit(change);
  }

  /** RFC 3339 in whole seconds, as the API server stamps objects. */
  #stamp(): string {
    return this.#clock.now().toString({ smallestUnit: "second" });
  }
}
