/** What one stream asked for of one type, what it was told, and what it still has to be told. */

import type { ResourceType } from "#envoy/resource.ts";
import type { EncodedResource } from "./encoded-resource.ts";
import { isWildcardType } from "./resource-order.ts";
import type { ResourceView } from "./resource-view.ts";

/** The version of a name that is not there. */
export const absentVersion = "";
/** The version of a name of which nobody knows what the proxy has: no content hash looks like this. */
const unknownVersion = "?";

/** Tag and length of a removed name in a response. */
const removalOverhead = 4;

/** Names with the version sent, {@link absentVersion} for a removal. */
export type SentVersions = ReadonlyMap<string, string>;

/** One response that was sent and not yet answered. */
interface Unanswered {
  readonly versions: SentVersions;
  /** Names in it that were given up or asked for again since: the answer says nothing about them. */
  readonly overtaken: Set<string>;
  /** The oldest change that it carries. */
  readonly since: number;
  /** The proxy takes its time: it is no longer waited for. */
  overdue: boolean;
}

export interface Refusal {
  readonly version: string;
  /** Envoy's own text. */
  readonly message: string;
}

/** What a subscription wants of one request of the proxy. */
export interface SubscriptionRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the proxy has from an earlier stream; read from the first request only. */
  readonly initialVersions: Readonly<Record<string, string>>;
}

/** The content of one response. */
export interface Batch {
  readonly resources: readonly EncodedResource[];
  readonly removed: readonly string[];
  readonly versions: SentVersions;
  readonly since: number;
  readonly bytes: number;
}

export type NameState = "acknowledged" | "pending" | "refused" | "unasked";

export class Subscription {
  readonly type: ResourceType;
  readonly #view: ResourceView;
  readonly #names = new Set<string>();
  /** What the proxy has once it has taken in everything that was sent. */
  readonly #told = new Map<string, string>();
  readonly #refused = new Map<string, Refusal>();
  /** Names to send, with the oldest change that they wait since: not messages, so a slow proxy costs no memory. */
  readonly #pending = new Map<string, number>();
  /** Names to remove that the proxy may still use. */
  readonly #leaving = new Map<string, number>();
  readonly #unanswered = new Map<string, Unanswered>();
  #wildcard = false;
  #started = false;
  /** A fresh proxy waits for a first answer to what it asks for whole, be it empty: only then it asks for the rest. */
  #owesFirst = false;

  constructor(type: ResourceType, view: ResourceView) {
    this.type = type;
    this.#view = view;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** How many names are asked for one by one. */
  get nameCount(): number {
    return this.#names.size;
  }

  get refused(): ReadonlyMap<string, Refusal> {
    return this.#refused;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0 || this.#owesFirst;
  }

  get hasLeaving(): boolean {
    return this.#leaving.size > 0;
  }

  /** How many responses the proxy has not answered. */
  get unansweredCount(): number {
    return this.#unanswered.size;
  }

  /** True while a response is on its way that is worth waiting for before the next. */
  isBusy(maxUnanswered: number): boolean {
    if (this.#unanswered.size >= maxUnanswered) return true;
    for (const sent of this.#unanswered.values()) if (!sent.overdue) return true;
    return false;
  }

  asksFor(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  /** Takes in what a request says about interest. */
  receive(request: SubscriptionRequest): void {
    const first = !this.#started;
    this.#started = true;
    const implied = first && request.subscribe.length === 0 && isWildcardType(this.type);
    const whole = implied || request.subscribe.some((name) => this.#isWildcard(name));
    if (implied) this.#wildcard = true;
    const fresh = first && Object.keys(request.initialVersions).length === 0;
    if (whole && fresh) this.#owesFirst = true;
    for (const name of request.unsubscribe) this.#unsubscribe(name);
    for (const name of request.subscribe) this.#subscribe(name);
    if (first) this.#adopt(request.initialVersions);
    if (whole) this.#markAll();
    else for (const name of request.subscribe) this.#markAsked(name);
  }

  /** A star is a name like any other where the client of a handshake chooses the name. */
  #isWildcard(name: string): boolean {
    return name === "*" && isWildcardType(this.type);
  }

  /** Asking again for a name means: tell me again, whatever I was told. */
  #subscribe(name: string): void {
    if (this.#isWildcard(name)) {
      this.#wildcard = true;
      return;
    }
    if (!this.#names.has(name)) {
      this.#names.add(name);
      this.#view.ask(this.type, name);
    }
    this.#forget(name);
  }

  #unsubscribe(name: string): void {
    if (this.#isWildcard(name)) {
      this.#wildcard = false;
      this.#owesFirst = false;
      for (const told of this.#told.keys()) if (!this.#names.has(told)) this.#drop(told);
      for (const waiting of [...this.#pending.keys(), ...this.#leaving.keys()]) {
        if (!this.#names.has(waiting)) this.#drop(waiting);
      }
      return;
    }
    if (!this.#names.delete(name)) return;
    this.#view.release(this.type, name);
    if (!this.#wildcard) {
      this.#drop(name);
      return;
    }
    // Still covered by the wildcard: the protocol wants its state told, present or removed.
    this.#forget(name);
    this.#told.set(name, unknownVersion);
    this.#markAsked(name);
  }

  /** The proxy no longer cares: nothing is known or owed. */
  #drop(name: string): void {
    this.#forget(name);
    this.#pending.delete(name);
    this.#leaving.delete(name);
  }

  #forget(name: string): void {
    this.#told.delete(name);
    this.#refused.delete(name);
    for (const sent of this.#unanswered.values()) sent.overtaken.add(name);
  }

  #adopt(versions: Readonly<Record<string, string>>): void {
    for (const [name, version] of Object.entries(versions)) {
      if (!this.asksFor(name)) continue;
      this.#told.set(name, version === absentVersion ? unknownVersion : version);
      this.#markAsked(name);
    }
  }

  #markAll(): void {
    for (const name of this.#view.names(this.type)) this.#markAsked(name);
    for (const name of this.#names) this.#markAsked(name);
  }

  #markAsked(name: string): void {
    this.mark(name, this.#view.since(this.type, name));
  }

  /** Compares what the proxy was told under a name with what there is, and remembers the difference. */
  mark(name: string, revision: number): void {
    const waitingSince = this.#pending.get(name) ?? this.#leaving.get(name) ?? revision;
    this.#pending.delete(name);
    this.#leaving.delete(name);
    if (!this.asksFor(name)) return;
    const told = this.#told.get(name);
    const wanted = this.#view.find(this.type, name)?.resource.version ?? absentVersion;
    if (told === wanted || this.#refused.get(name)?.version === wanted) return;
    if (wanted !== absentVersion) this.#pending.set(name, waitingSince);
    else if (told !== undefined) this.#leaving.set(name, waitingSince);
    // An answer to a question, not a removal: a handshake or a warming cluster waits for it.
    else if (this.#names.has(name)) this.#pending.set(name, waitingSince);
  }

  /** The next response: pending names, or leaving ones, as many as fit. */
  take(from: "pending" | "leaving", maxBytes: number): Batch {
    const waiting = from === "pending" ? this.#pending : this.#leaving;
    const resources: EncodedResource[] = [];
    const removed: string[] = [];
    const versions = new Map<string, string>();
    let since = this.#owesFirst ? 0 : Number.POSITIVE_INFINITY;
    let bytes = 0;
    this.#owesFirst = false;
    for (const [name, waitingSince] of waiting) {
      const found = this.#view.find(this.type, name);
      const more = found?.bytes ?? name.length + removalOverhead;
      if (versions.size > 0 && bytes + more > maxBytes) break;
      bytes += more;
      if (found === undefined) removed.push(name);
      else resources.push(found);
      versions.set(name, found?.resource.version ?? absentVersion);
      since = Math.min(since, waitingSince);
      waiting.delete(name);
    }
    for (const [name, version] of versions) this.#told.set(name, version);
    return { resources, removed, versions, since, bytes };
  }

  /** The batch left under that nonce. */
  sent(nonce: string, batch: Batch): void {
    const { versions, since } = batch;
    this.#unanswered.set(nonce, { versions, overtaken: new Set(), since, overdue: false });
  }

  /** The answer takes long (Envoy holds back the one for clusters while one warms): go on without it. */
  overdue(nonce: string): void {
    const sent = this.#unanswered.get(nonce);
    if (sent !== undefined) sent.overdue = true;
  }

  /** The proxy took a response in; undefined when the nonce is not one of ours. */
  acknowledge(nonce: string): SentVersions | undefined {
    return this.#settle(nonce, (name, version) => {
      // What it refused before may be wanted again by now: it has this instead.
      if (this.#refused.delete(name)) this.mark(name, this.#view.revision);
      const gone = version === absentVersion && this.#told.get(name) === absentVersion;
      if (gone && !this.#names.has(name)) this.#told.delete(name);
    });
  }

  /**
   * The proxy refused a response. It may have applied parts of it: every name counts as unknown, and
   * is not sent again with the content that was refused.
   */
  refuse(nonce: string, message: string): SentVersions | undefined {
    return this.#settle(nonce, (name, version) => {
      this.#refused.set(name, { version, message });
      if (this.#told.get(name) === version) this.#told.set(name, unknownVersion);
      this.mark(name, this.#view.revision);
    });
  }

  #settle(
    nonce: string,
    settleName: (name: string, version: string) => void,
  ): SentVersions | undefined {
    const sent = this.#unanswered.get(nonce);
    if (sent === undefined) return undefined;
    this.#unanswered.delete(nonce);
    for (const [name, version] of sent.versions) {
      if (sent.overtaken.has(name)) this.#recall(name);
      else settleName(name, version);
    }
    return sent.versions;
  }

  /** The proxy got a name that it had given up, and asks for it again since: nobody knows what it kept. */
  #recall(name: string): void {
    if (this.#told.has(name) || this.#pending.has(name) || !this.asksFor(name)) return;
    this.#told.set(name, unknownVersion);
    this.mark(name, this.#view.revision);
  }

  /** Sends again what was refused, as it is now. */
  retry(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#refused.delete(name)) this.mark(name, this.#view.revision);
    }
  }

  /** Where a name stands at a version ({@link absentVersion}: that it is gone). */
  state(name: string, version: string): NameState {
    if (this.#refused.get(name)?.version === version) return "refused";
    if (!this.asksFor(name)) return "unasked";
    if ((this.#told.get(name) ?? absentVersion) !== version) return "pending";
    if (version === absentVersion && this.#pending.has(name)) return "pending";
    for (const sent of this.#unanswered.values()) {
      if (sent.versions.get(name) === version && !sent.overtaken.has(name)) return "pending";
    }
    return "acknowledged";
  }

  /** The oldest change that the proxy has not answered for; infinite when there is none. */
  oldestUnsettled(): number {
    let oldest = this.#owesFirst ? 0 : Number.POSITIVE_INFINITY;
    for (const since of this.#pending.values()) oldest = Math.min(oldest, since);
    for (const since of this.#leaving.values()) oldest = Math.min(oldest, since);
    for (const sent of this.#unanswered.values()) oldest = Math.min(oldest, sent.since);
    return oldest;
  }

  /** The stream ended. */
  close(): void {
    for (const name of this.#names) this.#view.release(this.type, name);
    this.#names.clear();
  }
}
