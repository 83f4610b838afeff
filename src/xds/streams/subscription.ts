/** What one stream asked for of one type, and how it answered what it was sent. */

import type { ResourceName, ResourceType } from "#envoy/resource.ts";
import type { OrderedSubscription } from "../ordering/ordering.ts";
import { absentVersion, type Possession, versionOfContent } from "../ordering/possession.ts";
import { isWildcardType } from "../ordering/resource-order.ts";
import type { Trial } from "../quarantine/trial.ts";
import type { ResourceView } from "../resource-view.ts";
import type { FirstScopes } from "./first-scopes.ts";
import { type Batch, Outbox, type OutboxDeps, type RefusedContent } from "./outbox.ts";
import { type Answered, type SentVersions, UnansweredResponses } from "./unanswered.ts";

/** What a subscription wants of one request of the proxy. */
export interface SubscriptionRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** What the proxy has from an earlier stream; read from the first request only. */
  readonly initialVersions: Readonly<Record<string, string>>;
}

/** Names that a status shows of those that wait. */
const mostDescribed = 5;

type VariantTrial = Extract<Trial, { kind: "variant" }>;

export type NameState = "acknowledged" | "pending" | "refused" | "unasked";

export class Subscription implements OrderedSubscription {
  readonly type: ResourceType;
  readonly #view: ResourceView;
  readonly #possession: Possession;
  readonly #names = new Set<string>();
  readonly #outbox: Outbox;
  readonly #unanswered = new UnansweredResponses();
  readonly #firstScopes: FirstScopes;
  #wildcard = false;
  #started = false;

  constructor(type: ResourceType, deps: OutboxDeps) {
    this.type = type;
    this.#view = deps.view;
    this.#possession = deps.possession;
    this.#firstScopes = deps.firstScopes;
    this.#outbox = new Outbox(type, deps, {
      asksFor: (name) => this.asksFor(name),
      asksByName: (name) => this.#names.has(name),
    });
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  /** How many names are asked for one by one. */
  get nameCount(): number {
    return this.#names.size;
  }

  get refused(): ReadonlyMap<string, RefusedContent> {
    return this.#outbox.refused;
  }

  get hasPending(): boolean {
    return this.#outbox.hasPending;
  }

  get hasLeaving(): boolean {
    return this.#outbox.hasLeaving;
  }

  /** How many responses the proxy has not answered. */
  get unansweredCount(): number {
    return this.#unanswered.count;
  }

  /** Some of what was not sent yet and why, for people: `held host/a.test`. */
  get waiting(): readonly string[] {
    return this.#outbox.describe(mostDescribed);
  }

  /** True while a response is on its way that is worth waiting for before the next. */
  isBusy(maxUnanswered: number): boolean {
    return this.#unanswered.isBusy(maxUnanswered);
  }

  asksFor(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  isUnsettled(name: string, revision: number): boolean {
    return this.#outbox.waits(name, revision) || this.#unanswered.carries(name, { revision });
  }

  release(name: string): void {
    this.#outbox.release(name);
  }

  freed(name: string): void {
    this.#outbox.freed(name);
  }

  freedAll(): void {
    this.#outbox.freedAll();
  }

  /** Takes in what a request says about interest. */
  receive(request: SubscriptionRequest): void {
    const first = !this.#started;
    this.#started = true;
    const implied = first && request.subscribe.length === 0 && isWildcardType(this.type);
    const whole = implied || request.subscribe.some((name) => this.#isWildcard(name));
    if (implied) this.#wildcard = true;
    const fresh = first && Object.keys(request.initialVersions).length === 0;
    if (whole && fresh) this.#outbox.oweFirst(true);
    if (whole && first && this.type === "scope") this.#firstScopes.begin({ hasNone: fresh });
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
      this.#outbox.oweFirst(false);
      for (const known of this.#outbox.names()) {
        if (!this.#names.has(known)) this.#drop(known);
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
    this.#outbox.lose(name);
    this.#markAsked(name);
  }

  #forget(name: string): void {
    this.#outbox.forget(name);
    this.#unanswered.overtake(name);
  }

  #drop(name: string): void {
    this.#outbox.drop(name);
    this.#unanswered.overtake(name);
  }

  #adopt(versions: Readonly<Record<string, string>>): void {
    for (const [name, version] of Object.entries(versions)) {
      if (!this.asksFor(name)) continue;
      this.#outbox.adopt(name, version);
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

  /** What is absent is known to be absent from now on: who asked for it by name has an answer. */
  opened(): void {
    for (const name of this.#names) {
      if (this.#outbox.told(name) === undefined) this.#markAsked(name);
    }
  }

  /** What is offered under the name may have changed. */
  mark(name: string, revision: number): void {
    this.#outbox.mark(name, revision);
  }

  /** The next response. */
  take(from: "pending" | "leaving", maxBytes: number): Batch {
    return this.#outbox.take(from, maxBytes);
  }

  /** The batch left under that nonce. */
  sent(nonce: string, { versions, since, trial }: Batch): void {
    this.#unanswered.add(nonce, { versions, since, ...(trial === undefined ? {} : { trial }) });
  }

  /** The answer takes long (Envoy holds back the one for clusters while one warms): go on without it. */
  overdue(nonce: string): void {
    this.#unanswered.overdue(nonce);
  }

  /** The proxy took a response in; undefined when the nonce is not one of ours. */
  acknowledge(nonce: string): SentVersions | undefined {
    const sent = this.#unanswered.answer(nonce);
    if (sent === undefined) return undefined;
    for (const [name, version] of sent.versions) {
      if (sent.overtaken.has(name)) this.#recall(name);
      else this.#outbox.accept(name, version);
    }
    const { trial } = sent;
    if (trial?.kind === "variant" && !sent.overtaken.has(trial.name)) this.#found(trial);
    return sent.versions;
  }

  /** Without that part the content is taken: the part is guilty. */
  #found({ name, version, message, variant }: VariantTrial): void {
    this.#view.condemn(this.#named(name), version, { message, accepted: variant });
  }

  /**
   * The proxy refused a response. It may have applied parts of it: every name counts as unknown. Of several names the
   * guilty ones are looked for among those that are wanted like this still; one alone is not sent again with this content.
   */
  refuse(nonce: string, message: string): SentVersions | undefined {
    const sent = this.#unanswered.answer(nonce);
    if (sent === undefined) return undefined;
    const open = this.#openNames(sent);
    const current = new Map([...open].filter((sent) => this.#outbox.isCurrent(...sent)));
    for (const [name, version] of open) {
      if (this.#outbox.told(name) === version) this.#outbox.lose(name);
    }
    if (sent.trial?.kind === "variant") this.#refuseVariant(sent.trial, open);
    else if (open.size > 1) this.#outbox.trials.split(current);
    else for (const [name, version] of open) this.#refuseAlone(name, { version, message });
    for (const name of sent.versions.keys()) {
      if (this.#outbox.trials.versionOf(name) === undefined) this.mark(name, this.#view.revision);
    }
    return sent.versions;
  }

  /** What of a response still counts. */
  #openNames({ versions, overtaken }: Answered): ReadonlyMap<string, string> {
    const open = new Map(versions);
    for (const name of overtaken) {
      open.delete(name);
      this.#recall(name);
    }
    return open;
  }

  #refuseVariant(trial: VariantTrial, open: ReadonlyMap<string, string>): void {
    const { name, version, message, others } = trial;
    if (!open.has(name) || this.#outbox.trials.versionOf(name) !== version) return;
    if (!this.#outbox.trials.vary(name, { version, message }, others)) {
      this.#condemn(name, { version, message });
    }
  }

  #refuseAlone(name: string, refused: RefusedContent): void {
    const variants = this.#view.variantsOf(this.#named(name), refused.version);
    if (!this.#outbox.trials.vary(name, refused, variants)) this.#condemn(name, refused);
  }

  #condemn(name: string, { version, message }: RefusedContent): void {
    this.#outbox.trials.end(name);
    this.#outbox.refuse(name, { version, message });
    const held = this.#possession.settledContent(this.#named(name));
    this.#view.condemn(this.#named(name), version, {
      message,
      ...(held === undefined ? {} : { heldVersion: versionOfContent(held) }),
    });
  }

  /** The proxy got a name that it had given up, and asks for it again since: nobody knows what it kept. */
  #recall(name: string): void {
    if (
      this.#outbox.told(name) !== undefined ||
      this.#outbox.waits(name, Infinity) ||
      !this.asksFor(name)
    )
      return;
    this.#outbox.lose(name);
    this.mark(name, this.#view.revision);
  }

  /** Sends again what was refused, as it is now. */
  retry(names: Iterable<string>): void {
    this.#outbox.retry(names);
  }

  /** Where a name stands at a version ({@link absentVersion}: that it is gone). */
  state(name: string, version: string): NameState {
    if (this.#outbox.refused.get(name)?.version === version) return "refused";
    if (this.#view.isRefused(this.#named(name), version)) return "refused";
    if (!this.asksFor(name)) return "unasked";
    if ((this.#outbox.told(name) ?? absentVersion) !== version) return "pending";
    if (version === absentVersion && this.#outbox.isPending(name)) return "pending";
    return this.#unanswered.carries(name, { version }) ? "pending" : "acknowledged";
  }

  /** The oldest change that the proxy has not answered for; infinite when there is none. */
  oldestUnsettled(): number {
    return Math.min(this.#outbox.oldest(), this.#unanswered.oldest());
  }

  /** The stream ended. */
  close(): void {
    for (const name of this.#names) this.#view.release(this.type, name);
    this.#names.clear();
  }

  #named(name: string): ResourceName {
    return { type: this.type, name };
  }
}
