/** The objects of all files together: who wins where two files hold the same one, and what changed for everybody else. */

import { isDeepStrictEqual } from "node:util";
import { compareNumber, compareText } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import { formatKey, type ObjectKey } from "#kinds/object.ts";
import type { FileRecord, PlacedObject } from "./file-record.ts";
import type { Locator } from "./locator.ts";
import { fileFinding } from "./manifest.ts";
import type { SourceObject } from "./source-object.ts";

export interface WorldChange {
  readonly set: readonly SourceObject[];
  readonly removed: readonly ObjectKey[];
}

/** One file's claim to an object. */
interface Candidate extends PlacedObject {
  readonly order: string;
  /** Position among the objects of its file. */
  readonly position: number;
}

export class World {
  readonly #locator: Locator;
  readonly #records = new Map<string, FileRecord>();
  /** By key; the first wins. */
  readonly #candidates = new Map<string, readonly Candidate[]>();
  readonly #conflicts = new Map<string, readonly Finding[]>();

  constructor(locator: Locator) {
    this.#locator = locator;
  }

  get records(): ReadonlyMap<string, FileRecord> {
    return this.#records;
  }

  /** Replaces what is known of files; undefined for those that are gone. Returns what is different now. */
  update(changes: ReadonlyMap<string, FileRecord | undefined>): WorldChange {
    const touched = new Map<string, ObjectKey>();
    const before = new Map<string, PlacedObject | undefined>();
    const touch = ({ key }: PlacedObject): void => {
      const text = formatKey(key);
      if (touched.has(text)) return;
      touched.set(text, key);
      before.set(text, this.#candidates.get(text)?.[0]);
    };
    for (const [path, record] of changes) {
      for (const object of this.#records.get(path)?.objects ?? []) touch(object);
      for (const object of record?.objects ?? []) touch(object);
    }
    this.#removeClaims(changes, touched);
    for (const [path, record] of changes) {
      if (record === undefined) this.#records.delete(path);
      else this.#records.set(path, record);
    }
    this.#addClaims(changes);
    return this.#settle(touched, before);
  }

  #removeClaims(
    changes: ReadonlyMap<string, FileRecord | undefined>,
    touched: ReadonlyMap<string, ObjectKey>,
  ): void {
    for (const text of touched.keys()) {
      const claims = this.#candidates.get(text) ?? [];
      const left = claims.filter(({ object }) => !changes.has(object.file));
      if (left.length === 0) this.#candidates.delete(text);
      else this.#candidates.set(text, left);
    }
  }

  #addClaims(changes: ReadonlyMap<string, FileRecord | undefined>): void {
    const added = new Map<string, Candidate[]>();
    for (const record of changes.values()) {
      for (const [position, object] of (record?.objects ?? []).entries()) {
        const text = formatKey(object.key);
        const claim = { ...object, order: record?.order ?? "", position };
        const others = added.get(text);
        if (others === undefined) added.set(text, [claim]);
        else others.push(claim);
      }
    }
    for (const [text, claims] of added) {
      const all = [...(this.#candidates.get(text) ?? []), ...claims];
      this.#candidates.set(text, all.sort(compareCandidates));
    }
  }

  #settle(
    touched: ReadonlyMap<string, ObjectKey>,
    before: ReadonlyMap<string, PlacedObject | undefined>,
  ): WorldChange {
    const set: SourceObject[] = [];
    const removed: ObjectKey[] = [];
    for (const [text, key] of touched) {
      const claims = this.#candidates.get(text) ?? [];
      const winner = claims[0]?.object;
      const earlier = before.get(text)?.object;
      if (winner === undefined) {
        if (earlier !== undefined) removed.push(key);
      } else if (earlier === undefined || !isDeepStrictEqual(earlier.draft, winner.draft)) {
        set.push(winner);
      }
      const conflicts = this.#describeConflicts(claims);
      if (conflicts.length === 0) this.#conflicts.delete(text);
      else this.#conflicts.set(text, conflicts);
    }
    return { set, removed };
  }

  #describeConflicts(claims: readonly Candidate[]): readonly Finding[] {
    const [first, ...others] = claims;
    if (first === undefined || others.length === 0) return [];
    const winner = this.#placeOf(first, "");
    return others.slice(0, maxConflicts).map((other) => ({
      severity: "error",
      reason: "DuplicateObject",
      origin: { ...other.key, path: "" },
      message: `This object is defined more than once: ${winner.file}:${winner.line} is in force, ${other.object.file} is not.`,
      advice: "Remove or rename one of the two.",
      place: this.#placeOf(other, ""),
    }));
  }

  #placeOf({ object, version }: PlacedObject, path: string): NonNullable<Finding["place"]> {
    const { document, within } = object;
    const whole = within === "" || path === "" ? within + path : `${within}.${path}`;
    return this.#locator.placeOf(version, document, whole);
  }

  /** Where a field of an object in force stands. */
  locate(key: ObjectKey, path: string): Finding["place"] {
    const winner = this.#candidates.get(formatKey(key))?.[0];
    return winner === undefined ? undefined : this.#placeOf(winner, path);
  }

  /** Everything that is worth saying about the files now. */
  findings(): readonly Finding[] {
    const records = [...this.#records.values()]
      .filter(({ findings, unclaimed }) => findings.length > 0 || unclaimed.length > 0)
      .sort((a, b) => compareText(a.order, b.order));
    return [
      ...records.flatMap((record) => record.findings),
      ...[...this.#conflicts.values()].flat(),
      ...this.#describeUnclaimed(records),
    ];
  }

  #describeUnclaimed(records: readonly FileRecord[]): readonly Finding[] {
    const kinds = new Map<
      string,
      { count: number; readonly first: FileRecord["unclaimed"][number] }
    >();
    for (const unclaimed of records.flatMap((record) => record.unclaimed)) {
      const id = `${unclaimed.apiVersion} ${unclaimed.kind}`;
      const kind = kinds.get(id);
      if (kind === undefined) kinds.set(id, { count: unclaimed.count, first: unclaimed });
      else kind.count += unclaimed.count;
    }
    return [...kinds.values()].map(({ count, first }) => {
      const place = this.#locator.placeOf(first.version, first.document, first.within);
      const objects = count === 1 ? "1 object" : `${count} objects`;
      const name = first.firstName === "" ? "" : ` (${first.firstName})`;
      return fileFinding(place.file, {
        severity: "info",
        reason: "KindNotUsed",
        message: `${objects} of kind ${first.kind} (${first.apiVersion}) are not used by Sekisho; the first${name} is at ${place.file}:${place.line}.`,
        advice:
          "Nothing needs to be done; if the kind should be used, check its apiVersion and spelling.",
        place,
      });
    });
  }
}

/** Of one object, this many repetitions are reported. */
const maxConflicts = 20;

function compareCandidates(a: Candidate, b: Candidate): number {
  return compareText(a.order, b.order) || compareNumber(a.position, b.position);
}
