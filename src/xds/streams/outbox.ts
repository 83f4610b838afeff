/**
 * What one stream still has to be told of one type: the difference between what the proxy was told and what it is
 * offered, in the order in which it may go out.
 */

import type { Resource, ResourceName, ResourceType } from "#envoy/resource.ts";
import { protectionHash, protectsAsWellAs } from "#envoy/resource.ts";
import { withoutClusters } from "#envoy/routes/closed-routes.ts";
import { everyHostName } from "#envoy/routes/scope.ts";
import type { Ordering } from "../ordering/ordering.ts";
import { absentVersion, contentOf, type Possession } from "../ordering/possession.ts";
import { type Trial, Trials } from "../quarantine/trial.ts";
import type { ResourceView } from "../resource-view.ts";
import { Backlog, type Place } from "./backlog.ts";
import type { FirstScopes } from "./first-scopes.ts";
import type { SentVersions } from "./unanswered.ts";

/** The version of a name of which nobody knows what the proxy has: no content hash looks like this. */
const unknownVersion = "?";

/** The tag of a resource in a response. */
const resourceTagBytes = 1;
/** Tag and length of a removed name in a response. */
const removalOverhead = 4;

/** Refused content that is not offered again to this proxy. */
export interface RefusedContent {
  readonly version: string;
  /** Envoy's own text. */
  readonly message: string;
}

/** The content of one response. */
export interface Batch {
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  readonly versions: SentVersions;
  readonly since: number;
  readonly bytes: number;
  readonly trial?: Trial;
}

export interface OutboxDeps {
  readonly view: ResourceView;
  readonly ordering: Ordering;
  readonly possession: Possession;
  readonly firstScopes: FirstScopes;
}

/** What the proxy asks for. */
export interface Interest {
  readonly asksFor: (name: string) => boolean;
  /** One by one, not as part of everything. */
  readonly asksByName: (name: string) => boolean;
}

export class Outbox {
  readonly type: ResourceType;
  readonly #view: ResourceView;
  readonly #ordering: Ordering;
  readonly #possession: Possession;
  readonly #firstScopes: FirstScopes;
  readonly #interest: Interest;
  /** What the proxy has once it has taken in everything that was sent. */
  readonly #told = new Map<string, string>();
  readonly #refused = new Map<string, RefusedContent>();
  readonly #backlog = new Backlog();
  /** Content that goes out while the right one is held, because it protects better than what the proxy has. */
  readonly #interims = new Map<string, Resource>();
  readonly trials = new Trials();
  #lastWasTrial = false;
  /** A fresh proxy waits for a first answer to what it asks for whole, be it empty: only then it asks for the rest. */
  #owesFirst = false;

  constructor(type: ResourceType, deps: OutboxDeps, interest: Interest) {
    this.type = type;
    this.#view = deps.view;
    this.#ordering = deps.ordering;
    this.#possession = deps.possession;
    this.#firstScopes = deps.firstScopes;
    this.#interest = interest;
  }

  get refused(): ReadonlyMap<string, RefusedContent> {
    return this.#refused;
  }

  get hasPending(): boolean {
    if (this.type === "scope" && this.#firstScopes.lacksFirst) return false;
    return this.#backlog.has("pending") || this.#owesFirst || this.trials.hasNext;
  }

  /** Whether a name may be removed now: what the proxy has come to refer to meanwhile is kept. */
  get hasLeaving(): boolean {
    for (const name of this.#backlog.in("leaving").keys()) {
      if (!this.#possession.isReferredTo(this.#named(name))) return true;
      this.#backlog.move(name, "leaving", "kept");
    }
    return false;
  }

  /** Whether something published under the name up to that revision was not sent. */
  waits(name: string, revision: number): boolean {
    return this.#backlog.waits(name, revision) || this.trials.versionOf(name) !== undefined;
  }

  /** Whether the name is pending. */
  isPending(name: string): boolean {
    return this.#backlog.in("pending").has(name);
  }

  /** Whether content of that version is both what the proxy was sent last and what it is to have. */
  isCurrent(name: string, version: string): boolean {
    return this.#told.get(name) === version && versionOf(this.#content(name, version)) === version;
  }

  /** The version that the proxy was told; undefined when it was told nothing. */
  told(name: string): string | undefined {
    return this.#told.get(name);
  }

  /** Some of what waits, for people. */
  describe(most: number): readonly string[] {
    return this.#backlog.describe(most);
  }

  /** Names of which anything is known or owed. */
  names(): readonly string[] {
    return [...this.#told.keys(), ...this.#backlog.names()];
  }

  /** The oldest change that waits; infinite when none does. */
  oldest(): number {
    return this.#owesFirst || this.trials.hasNext ? 0 : this.#backlog.oldest();
  }

  /** Owes an answer, be it empty, or no longer does. */
  oweFirst(owes: boolean): void {
    this.#owesFirst = owes;
  }

  /** What the name needs is in force, or has been waited for long enough. */
  release(name: string): void {
    this.#interims.delete(name);
    this.#backlog.move(name, "held", "pending");
  }

  /** Nothing that the proxy may have refers to the name any more. */
  freed(name: string): void {
    this.#backlog.move(name, "kept", "leaving");
  }

  /** Looks again at everything that is kept. */
  freedAll(): void {
    for (const name of [...this.#backlog.in("kept").keys()]) {
      if (!this.#possession.isReferredTo(this.#named(name))) this.freed(name);
    }
  }

  /** The proxy came with this version. */
  adopt(name: string, version: string): void {
    this.#told.set(name, version === absentVersion ? unknownVersion : version);
    const offered = this.#view.find(this.type, name);
    const content = offered?.version === version ? contentOf(offered) : undefined;
    this.#possession.adopted(this.#named(name), content ?? { kind: "unknown", version });
  }

  /** The proxy no longer cares: nothing is known or owed. */
  drop(name: string): void {
    this.forget(name);
    this.#backlog.take(name);
    this.#interims.delete(name);
    this.#ordering.cancel(this.#named(name));
    this.#possession.gaveUp(this.#named(name));
  }

  /** Nothing is known of what the proxy has under the name. */
  forget(name: string): void {
    this.#told.delete(name);
    this.#refused.delete(name);
    this.trials.end(name);
  }

  /** The proxy may have content under the name, and nobody knows which. */
  lose(name: string): void {
    this.#told.set(name, unknownVersion);
  }

  /** The proxy is not to be sent this again. */
  refuse(name: string, refused: RefusedContent): void {
    this.#refused.set(name, refused);
  }

  /** The proxy has this now. */
  accept(name: string, version: string): void {
    const named = this.#named(name);
    this.#possession.settled(named, version);
    const tried = this.trials.versionOf(name) ?? version;
    this.trials.end(name);
    this.#view.accepted(named, version);
    // What it refused before, or was to try, may be wanted again by now: it has this instead.
    if (this.#refused.delete(name) || tried !== version) this.mark(name, this.#view.revision);
    const gone = version === absentVersion && this.#told.get(name) === absentVersion;
    if (gone && !this.#interest.asksByName(name)) this.#told.delete(name);
  }

  /** Sends again what was refused, as it is now. */
  retry(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#refused.delete(name)) this.mark(name, this.#view.revision);
    }
  }

  /** Compares what the proxy was told under a name with what there is, and remembers the difference. */
  mark(name: string, revision: number): void {
    const since = this.#backlog.take(name) ?? revision;
    this.#interims.delete(name);
    this.#ordering.cancel(this.#named(name));
    if (!this.#interest.asksFor(name)) return;
    const told = this.#told.get(name);
    if (told !== undefined && this.#view.keeps(this.#named(name))) return;
    const offered = this.#view.find(this.type, name);
    const wanted = versionOf(offered);
    if (this.trials.versionOf(name) === wanted) return;
    this.trials.end(name);
    if (told === wanted && offered !== undefined) {
      this.#possession.recognised(this.#named(name), offered);
    }
    if (told === wanted || this.#refused.get(name)?.version === wanted) return;
    const place = this.#placeFor(name, offered, told);
    if (place !== undefined) this.#backlog.put(place, name, since);
  }

  #placeFor(
    name: string,
    offered: Resource | undefined,
    told: string | undefined,
  ): Place | undefined {
    if (offered !== undefined) return this.#mustWait(name, offered) ? "held" : "pending";
    if (told !== undefined) {
      return this.#possession.isReferredTo(this.#named(name)) ? "kept" : "leaving";
    }
    // An answer to a question, not a removal: a handshake or a warming cluster waits for it.
    return this.#interest.asksByName(name) && this.#view.isOpen(this.type) ? "pending" : undefined;
  }

  /** Whether content waits for what it needs. What protects better than the content in force goes out as far as it can. */
  #mustWait(name: string, offered: Resource): boolean {
    if (this.type === "scope" && this.#firstScopes.servesNothing) return false;
    const hasNone = this.#told.get(name) === undefined;
    if (this.type === "routes" && hasNone && this.#firstScopes.keepsBack(name)) return true;
    const named = this.#named(name);
    const { revision } = this.#view;
    if (!this.#ordering.holds(named, offered, revision)) return false;
    if (!this.#addsProtection(name, offered)) return true;
    if (this.type !== "routes") {
      this.#ordering.cancel(named);
      return false;
    }
    const interim = this.#interimOf(offered);
    const isKnown = interim.version === this.#told.get(name);
    if (isKnown || interim.version === this.#refused.get(name)?.version) return true;
    this.#interims.set(name, interim);
    return false;
  }

  /** Routes as they can go out before what they need. */
  #interimOf(routes: Resource): Resource {
    const missing = this.#ordering.missing(routes.needs ?? [], this.#view.revision);
    return withoutClusters(routes, new Set(missing.map((need) => need.name)));
  }

  /** What is offered under the name; the interim of it when that is what the version says. */
  #content(name: string, version: string | undefined): Resource | undefined {
    const offered = this.#view.find(this.type, name);
    if (offered?.type !== "routes" || offered.version === version) return offered;
    const interim = this.#interimOf(offered);
    return interim.version === version ? interim : offered;
  }

  #addsProtection(name: string, offered: Resource): boolean {
    const newest = this.#possession.newest(this.#named(name));
    if (newest === undefined || newest.kind === "absent") return false;
    if (newest.kind === "resource") return !protectsAsWellAs(newest.resource, offered);
    return protectionHash(newest.version) !== protectionHash(offered.version);
  }

  /** The next response: what is tried and what is pending take turns; or what is leaving; as much as fits. */
  take(from: "pending" | "leaving", maxBytes: number): Batch {
    const trial = from === "pending" ? this.#nextTrial() : undefined;
    this.#lastWasTrial = trial !== undefined;
    const batch = trial === undefined ? this.#takeWaiting(from, maxBytes) : this.#takeTrial(trial);
    for (const [name, version] of batch.versions) {
      this.#told.set(name, version);
      // As in quarantine: once there was other content, what was refused may be wanted again.
      this.#refused.delete(name);
    }
    return batch;
  }

  #nextTrial(): Trial | undefined {
    const isTurnOfOthers = this.#lastWasTrial && (this.#backlog.has("pending") || this.#owesFirst);
    return isTurnOfOthers ? undefined : this.trials.next();
  }

  #takeTrial(trial: Trial): Batch {
    const since = this.#view.revision;
    if (trial.kind === "variant") {
      const content = new Map([[trial.name, trial.variant.resource]]);
      return { ...this.#batchOf(content, since), trial };
    }
    const content = new Map(
      trial.names.map((name) => [name, this.#content(name, this.trials.versionOf(name))] as const),
    );
    return { ...this.#batchOf(content, since), trial };
  }

  #takeWaiting(from: "pending" | "leaving", maxBytes: number): Batch {
    const content = new Map<string, Resource | undefined>();
    let since = this.#owesFirst ? 0 : Number.POSITIVE_INFINITY;
    this.#owesFirst = false;
    let bytes = 0;
    for (const [name, waitingSince] of this.#inTurn(from)) {
      if (from === "leaving" && this.#possession.isReferredTo(this.#named(name))) continue;
      const found = this.#interims.get(name) ?? this.#view.find(this.type, name);
      bytes += sizeOf(name, found);
      if (content.size > 0 && bytes > maxBytes) break;
      content.set(name, found);
      since = Math.min(since, waitingSince);
    }
    for (const name of content.keys()) {
      // Behind an interim the right content still waits.
      if (this.#interims.delete(name)) this.#backlog.move(name, from, "held");
      else this.#backlog.take(name);
    }
    return this.#batchOf(content, since);
  }

  /** What waits in a place, the longest there first, but for the scope that a proxy which begins must have among the first. */
  *#inTurn(place: Place): Generator<readonly [string, number]> {
    const waiting = this.#backlog.in(place);
    const first = this.type === "scope" ? waiting.get(everyHostName) : undefined;
    if (first !== undefined) yield [everyHostName, first];
    for (const entry of waiting) if (first === undefined || entry[0] !== everyHostName) yield entry;
  }

  #batchOf(content: ReadonlyMap<string, Resource | undefined>, since: number): Batch {
    const resources: Resource[] = [];
    const removed: string[] = [];
    const versions = new Map<string, string>();
    let bytes = 0;
    for (const [name, found] of content) {
      bytes += sizeOf(name, found);
      if (found === undefined) removed.push(name);
      else resources.push(found);
      versions.set(name, versionOf(found));
      this.#possession.sent(this.#named(name), contentOf(found));
    }
    return { resources, removed, versions, since, bytes };
  }

  #named(name: string): ResourceName {
    return { type: this.type, name };
  }
}

function versionOf(found: Resource | undefined): string {
  return found?.version ?? absentVersion;
}

function sizeOf(name: string, found: Resource | undefined): number {
  return found === undefined ? name.length + removalOverhead : found.sent.length + resourceTagBytes;
}
