/** The state of the embedded store: in memory, and in the database before it counts. */

import type { DatabaseSync } from "node:sqlite";
import { sameJson } from "#base/json.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import { History } from "../history.ts";
import { ObjectSet } from "../object-set.ts";
import type { WatchBatch, WatchEvent, WatchPoints } from "../object-store.ts";
import type { Sealer } from "../sealer.ts";
import { emptyLog, inTransaction } from "./database.ts";
import { RestingObjects } from "./resting-objects.ts";
import { Rows } from "./rows.ts";
import {
  emptyState,
  putInForce,
  type StagedChange,
  type StoreState,
  takeAll,
} from "./staged-change.ts";

export interface DurableSettings {
  readonly sealer?: Sealer;
  readonly lag?: boolean;
}

/** How a write ended that was done with others. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Revision {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** What is being written now. */
interface Transaction {
  readonly revisions: Revision[];
  /** Takes out of memory what did not become durable, the last first. */
  readonly undo: (() => void)[];
  /** A value of a Secret is among what is overwritten. */
  wipes: boolean;
  /** Why none of it can become durable. */
  failure?: unknown;
}

/** What is written counts for nobody before it is durable. */
export class DurableState {
  readonly state: StoreState = emptyState();
  readonly #database: DatabaseSync;
  readonly #rows: Rows;
  readonly #resting: RestingObjects;
  readonly #history: History;
  readonly #lags: boolean;
  /** What readers see while the store lags; else the state itself. */
  readonly visible: ObjectSet;
  #visibleRevision: number;
  #revision: number;
  #unsettled: Revision[] = [];
  #transaction: Transaction | undefined;
  #holdsWiped = false;

  constructor(settings: DurableSettings, database: DatabaseSync) {
    this.#database = database;
    this.#rows = new Rows(database, settings.sealer);
    this.#lags = settings.lag === true;
    this.#resting = new RestingObjects((key) => this.#rows.object(key));
    for (const [key, row] of this.#rows.objects()) {
      const object = this.#resting.rest(row.object);
      this.state.rows.set(key, { ...row, object });
      putInForce(this.state, key, object);
    }
    for (const [key, identity] of this.#rows.identities()) this.state.identities.set(key, identity);
    this.#revision = this.#rows.revision();
    this.#history = new History(this.#revision);
    this.visible = this.#lags ? new ObjectSet(this.state.objects.all()) : this.state.objects;
    this.#visibleRevision = this.#revision;
    if (settings.sealer !== undefined) this.#sealPlainSecrets();
  }

  /** Up to which {@link visible} shows what was written. */
  get visibleRevision(): number {
    return this.#visibleRevision;
  }

  watch(from: WatchPoints, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#history.watch(from, signal);
  }

  /**
   * Does writes one after the other and makes them durable together: a disk is slow at how often, not at how much. Each ends
   * for itself; where they cannot be made durable, this throws, and none of them has been.
   */
  transact(writes: readonly (() => unknown)[]): readonly Outcome[] {
    const transaction: Transaction = { revisions: [], undo: [], wipes: false };
    this.#transaction = transaction;
    try {
      const outcomes = inTransaction(this.#database, () => {
        const ended = writes.map((write) => attempt(write, transaction));
        if (transaction.revisions.length > 0) this.#rows.putRevision(this.#revision);
        return ended;
      });
      if (transaction.wipes) this.#holdsWiped = true;
      for (const one of transaction.revisions) {
        if (this.#lags) this.#unsettled.push(one);
        else this.#show(one);
      }
      return outcomes;
    } catch (error) {
      for (const undo of transaction.undo.reverse()) undo();
      throw error;
    } finally {
      this.#transaction = undefined;
    }
  }

  /** Within {@link transact}: writes a change down, and lets it count for what is written behind it. */
  commit(change: StagedChange): void {
    const transaction = this.#transaction;
    if (transaction === undefined) throw new Error("a write outside of a transaction");
    const revision = this.#revision + 1;
    const events: WatchEvent[] = [];
    const inForce = new Map<string, KubeObject | undefined>();
    for (const key of change.touched()) {
      const before = this.state.objects.get(key);
      const object = change.object(key);
      const isGone = object === undefined;
      const isNew = !isGone && before !== undefined && before.metadata.uid !== object.metadata.uid;
      if (before !== undefined && (isGone || isNew))
        events.push({ kind: "deleted", object: before });
      if (isGone || (before !== undefined && sameJson(before, object))) {
        if (isGone) inForce.set(key, undefined);
        continue;
      }
      const row = change.row(key);
      const isOfRow = row?.object === object;
      const metadata = { ...object.metadata, resourceVersion: `${revision}` };
      const stamped = isOfRow
        ? this.#resting.rest({ ...object, metadata })
        : { ...object, metadata };
      if (isOfRow) change.rows.set(key, { ...row, object: stamped });
      inForce.set(key, stamped);
      events.push({ kind: "set", object: stamped });
    }
    this.#persist(change, transaction);
    transaction.undo.push(this.#take(change, inForce));
    this.#revision = revision;
    transaction.revisions.push({ revision, events });
  }

  #persist(change: StagedChange, transaction: Transaction): void {
    try {
      for (const [key, row] of change.rows) {
        const before = this.state.rows.get(key);
        if (before !== undefined) this.#resting.wake(before.object);
        if (row === undefined) this.#rows.dropObject(key);
        else this.#rows.putObject(key, row);
        if (row === undefined && key.startsWith("Secret/")) transaction.wipes = true;
      }
      for (const [key, identity] of change.identities) {
        if (identity === undefined) this.#rows.dropIdentity(key);
        else if (identity !== this.state.identities.get(key)) this.#rows.putIdentity(key, identity);
      }
    } catch (error) {
      transaction.failure = error;
      throw error;
    }
  }

  /** Gives the way back. */
  #take(change: StagedChange, inForce: ReadonlyMap<string, KubeObject | undefined>): () => void {
    const { rows, files, identities, objects } = this.state;
    const before = {
      rows: formerly(rows, change.rows),
      files: formerly(files, change.files),
      identities: formerly(identities, change.identities),
      inForce: formerly(objects, inForce),
      revision: this.#revision,
    };
    this.#put(change, inForce);
    return () => {
      this.#put(before, before.inForce);
      this.#revision = before.revision;
    };
  }

  #put(
    change: Pick<StagedChange, "rows" | "files" | "identities">,
    inForce: ReadonlyMap<string, KubeObject | undefined>,
  ): void {
    takeAll(this.state.rows, change.rows);
    takeAll(this.state.files, change.files);
    takeAll(this.state.identities, change.identities);
    for (const [key, object] of inForce) putInForce(this.state, key, object);
  }

  #show({ revision, events }: Revision): void {
    if (this.#lags) {
      for (const { kind, object } of events) {
        const key = formatKey(keyOf(object));
        if (kind === "deleted") this.visible.delete(key);
        else this.visible.put(object);
      }
    }
    this.#visibleRevision = revision;
    this.#history.add(revision, events);
  }

  /** Whether the log of the database may still hold values of Secrets that are gone. */
  get holdsWiped(): boolean {
    return this.#holdsWiped;
  }

  /** Has the log hold nothing: secure_delete overwrites what is gone in the file alone. */
  wipe(): void {
    emptyLog(this.#database);
    this.#holdsWiped = false;
  }

  settle(): void {
    for (const one of this.#unsettled) this.#show(one);
    this.#unsettled = [];
  }

  close(): void {
    this.#history.close();
    this.#database.close();
  }

  #sealPlainSecrets(): void {
    const plain = this.#rows.plainSecrets();
    if (plain.length === 0) return;
    inTransaction(this.#database, () => {
      for (const key of plain) {
        const row = this.state.rows.get(key);
        if (row !== undefined) this.#rows.putObject(key, row);
      }
    });
    this.wipe();
  }
}

/** What is refused before anything was written down is one write's own affair. */
function attempt(write: () => unknown, transaction: Transaction): Outcome {
  try {
    return { value: write() };
  } catch (error) {
    if (transaction.failure !== undefined) throw error;
    return { error };
  }
}

function formerly<V>(
  now: { readonly get: (key: string) => V | undefined },
  change: ReadonlyMap<string, unknown>,
): Map<string, V | undefined> {
  return new Map([...change.keys()].map((key) => [key, now.get(key)]));
}
