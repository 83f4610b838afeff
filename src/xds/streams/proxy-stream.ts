/** One open delta stream of one proxy: takes its requests in, and says which response is next. */

import { create } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import type { Result } from "#base/result.ts";
import { ok } from "#base/result.ts";
import type { ResourceName, ResourceType } from "#envoy/resource.ts";
import { typeUrls } from "#envoy/resource.ts";
import { everyHostName } from "#envoy/routes/scope.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { DeltaDiscoveryResponseSchema } from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import { type HeldName, Ordering } from "../ordering/ordering.ts";
import { absentVersion, Possession } from "../ordering/possession.ts";
import {
  additionOrder,
  parseTypeUrl,
  referrers,
  removalOrder,
} from "../ordering/resource-order.ts";
import type { ResourceView } from "../resource-view.ts";
import type { RefusedName, StreamIdentity, XdsEvents } from "../xds-events.ts";
import type { XdsMetrics } from "../xds-metrics.ts";
import { AwaitedAnswers, patience } from "./awaited-answers.ts";
import { FirstScopes } from "./first-scopes.ts";
import type { Batch } from "./outbox.ts";
import { carries, type StreamKind } from "./stream-kind.ts";
import type { LimitExceeded, StreamLimits } from "./stream-limits.ts";
import { checkNames } from "./stream-limits.ts";
import { refusalsOf } from "./stream-refusals.ts";
import type { TypeStatus } from "./stream-status.ts";
import { TypeCounts } from "./stream-status.ts";
import type { NameState } from "./subscription.ts";
import { Subscription } from "./subscription.ts";

const resourcesField = {
  no: DeltaDiscoveryResponseSchema.field.resources.number,
  wireType: WireType.LengthDelimited,
} as const;

/** Names of a refused response that a log line carries. */
const loggedNames = 20;
/** Characters of a foreign type URL that a log line carries. */
const loggedUrlLength = 200;
/** Envoy repeats the whole of a bad resource in some messages. */
const maxMessageLength = 4096;

export interface StreamDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: XdsMetrics;
  readonly events: XdsEvents;
  readonly view: ResourceView;
  readonly isOpen: (type: ResourceType) => boolean;
  /** Whether what is published may go to a proxy that has nothing, although more is to come. */
  readonly hasBegun: () => boolean;
  readonly limits: StreamLimits;
  /** The other streams of a proxy: its authorization adapter has the same name. */
  readonly beside: (stream: ProxyStream) => readonly ProxyStream[];
}

export class ProxyStream {
  readonly identity: StreamIdentity;
  readonly kind: StreamKind;
  readonly connectedSince: Temporal.Instant;
  readonly #deps: StreamDeps;
  readonly #log: Log;
  readonly #possession: Possession;
  readonly #ordering: Ordering;
  readonly #firstScopes: FirstScopes;
  readonly #subscriptions = new Map<ResourceType, Subscription>();
  readonly #counts = new Map<ResourceType, TypeCounts>();
  readonly #awaited: AwaitedAnswers;
  readonly #foreignTypes = new Set<string>();
  #lastNonce = 0;
  /** Whether the proxy has said so far that it has anything from an earlier stream. */
  #hasNothing = true;
  /**
   * True until the proxy has said all that it has from an earlier stream. It says so before it answers anything; a
   * removal sent earlier could take away what it has not mentioned needing yet.
   */
  #isArriving = false;
  #cancelArrival: (() => void) | undefined;

  constructor(deps: StreamDeps, identity: StreamIdentity, kind: StreamKind) {
    this.#deps = deps;
    this.identity = identity;
    this.kind = kind;
    this.connectedSince = deps.clock.now();
    this.#awaited = new AwaitedAnswers(deps.clock);
    this.#log = deps.log.with({
      [logFields.proxy]: identity.proxy,
      [logFields.stream]: identity.stream,
    });
    this.#possession = new Possession({
      freed: ({ type, name }) => this.#subscriptions.get(type)?.freed(name),
      known: (type) => {
        for (const [referred, referring] of Object.entries(referrers)) {
          if (referring.some((one) => one === type)) {
            this.#subscriptions.get(referred as ResourceType)?.freedAll();
          }
        }
      },
    });
    this.#firstScopes = new FirstScopes(deps.view);
    this.#ordering = new Ordering({
      clock: deps.clock,
      possession: this.#possession,
      subscription: (type) => this.#subscriptions.get(type),
      isOffered: ({ type, name }) => deps.view.find(type, name) !== undefined,
      isInForceBeside: (need, revision) =>
        deps.beside(this).some((stream) => stream.hasInForce(need, revision)),
      overdueChanged: () => {
        deps.events.held(identity);
        this.onWork();
      },
    });
  }

  /** Called when {@link next} may have something that it did not have before. */
  onWork: () => void = () => undefined;

  /** Ends the stream; the client may come back. */
  end: () => void = () => undefined;

  /** Takes one request in: first its answer to a response, then what it asks for. */
  receive(request: DeltaDiscoveryRequest): Result<undefined, LimitExceeded> {
    const type = this.#typeOf(request.typeUrl);
    if (type === undefined) return ok(undefined);
    const checked = checkNames(request, this.#askedNames(), this.#deps.limits);
    if (!checked.ok) return checked;
    const isFirst = this.#subscriptions.size === 0;
    const subscription = this.#subscription(type);
    if (Object.keys(request.initialResourceVersions).length > 0) {
      this.#hasNothing = false;
      if (isFirst) this.#awaitArrival();
    }
    if (request.responseNonce !== "") this.#answer(subscription, request);
    subscription.receive({
      subscribe: request.resourceNamesSubscribe,
      unsubscribe: request.resourceNamesUnsubscribe,
      initialVersions: request.initialResourceVersions,
    });
    this.#ordering.touched(type, request.resourceNamesSubscribe);
    this.#ordering.touched(type, request.resourceNamesUnsubscribe);
    if (this.kind === "policies") this.#tellBeside(Object.keys(request.initialResourceVersions));
    if (type === "scope") this.#lookAtFirstScopes();
    this.onWork();
    return ok(undefined);
  }

  /** Whether the client has what was published under a name up to that revision. */
  hasInForce(name: ResourceName, revision: number): boolean {
    const isUnsettled = this.#subscriptions.get(name.type)?.isUnsettled(name.name, revision);
    return isUnsettled === false && this.#possession.settledContent(name) !== undefined;
  }

  /** Policies that the adapter has now: routes of its Envoy may wait for them. */
  #tellBeside(names: Iterable<string>): void {
    const settled = [...names];
    if (settled.length === 0) return;
    for (const stream of this.#deps.beside(this)) {
      stream.#ordering.touched("policy", settled);
      stream.onWork();
    }
  }

  /** What is absent is known to be absent from now on. */
  opened(): void {
    for (const subscription of this.#subscriptions.values()) subscription.opened();
    this.#lookAtFirstScopes();
    this.onWork();
  }

  /** Once it has all scopes it may have the routes that its listeners wait for. */
  #lookAtFirstScopes(): void {
    const scopes = this.#subscriptions.get("scope");
    if (scopes === undefined || !this.#firstScopes.endsWith(scopes.oldestUnsettled())) return;
    this.#subscriptions.get("routes")?.mark(everyHostName, this.#deps.view.revision);
  }

  #awaitArrival(): void {
    this.#isArriving = true;
    this.#cancelArrival = this.#deps.clock.after(patience, () => {
      this.#arrived();
      this.onWork();
    });
  }

  #arrived(): void {
    this.#isArriving = false;
    this.#cancelArrival?.();
    this.#cancelArrival = undefined;
  }

  #typeOf(url: string): ResourceType | undefined {
    if (url === "" && this.kind === "secrets") return "secret";
    const type = parseTypeUrl(url);
    if (type !== undefined && carries(this.kind, type)) return type;
    if (!this.#foreignTypes.has(url) && this.#foreignTypes.size < additionOrder.length) {
      this.#foreignTypes.add(url);
      this.#log.warn("a proxy asks for a type that is not served", {
        [logFields.typeUrl]: url.slice(0, loggedUrlLength),
      });
    }
    return undefined;
  }

  #askedNames(): number {
    let names = 0;
    for (const subscription of this.#subscriptions.values()) names += subscription.nameCount;
    return names;
  }

  #subscription(type: ResourceType): Subscription {
    const known = this.#subscriptions.get(type);
    if (known !== undefined) return known;
    const subscription = new Subscription(type, {
      view: this.#deps.view,
      ordering: this.#ordering,
      possession: this.#possession,
      firstScopes: this.#firstScopes,
    });
    this.#subscriptions.set(type, subscription);
    this.#counts.set(type, new TypeCounts());
    return subscription;
  }

  #answer(subscription: Subscription, request: DeltaDiscoveryRequest): void {
    const nonce = request.responseNonce;
    this.#arrived();
    this.#awaited.answered(nonce);
    const names =
      request.errorDetail === undefined
        ? this.#acknowledge(subscription, nonce)
        : this.#refuse(subscription, nonce, request.errorDetail.message.slice(0, maxMessageLength));
    this.#ordering.touched(subscription.type, names);
    if (this.kind === "policies") this.#tellBeside(names);
  }

  #acknowledge(subscription: Subscription, nonce: string): Iterable<string> {
    const versions = subscription.acknowledge(nonce);
    if (versions === undefined) return [];
    const { type } = subscription;
    this.#counts.get(type)?.acknowledged();
    this.#deps.metrics.acknowledged.add(1, { type });
    this.#deps.events.acknowledged({ ...this.identity, type, versions });
    return versions.keys();
  }

  #refuse(subscription: Subscription, nonce: string, message: string): Iterable<string> {
    const versions = subscription.refuse(nonce, message);
    if (versions === undefined) return [];
    const { type } = subscription;
    const names = [...versions.keys()];
    this.#counts.get(type)?.refused({ at: this.#deps.clock.now(), message, names });
    this.#deps.metrics.refused.add(1, { type });
    this.#log.warn("a proxy refused a response", {
      [logFields.kind]: type,
      [logFields.resource]: names.slice(0, loggedNames),
      [logFields.count]: names.length,
      [logFields.error]: message,
    });
    this.#deps.events.refused({ ...this.identity, type, versions, message });
    return names;
  }

  /** What is offered under these names changed; what is referred to comes first. */
  changed(names: readonly ResourceName[], revision: number): void {
    for (const { type, name } of names) this.#subscriptions.get(type)?.mark(name, revision);
    for (const { type, name } of names) this.#ordering.touched(type, [name]);
    this.onWork();
  }

  /** The next response to send now; undefined when there is none until {@link onWork}. */
  next(): DeltaDiscoveryResponse | undefined {
    for (const type of additionOrder) {
      const subscription = this.#sendable(type);
      if (subscription?.hasPending) return this.#respond(subscription, "pending");
    }
    if (this.#isArriving) return undefined;
    for (const type of removalOrder) {
      const subscription = this.#deps.isOpen(type) ? this.#sendable(type) : undefined;
      if (subscription?.hasLeaving) return this.#respond(subscription, "leaving");
    }
    return undefined;
  }

  #sendable(type: ResourceType): Subscription | undefined {
    const subscription = this.#subscriptions.get(type);
    const isTold = this.#deps.isOpen(type) || (this.#hasNothing && this.#deps.hasBegun());
    if (subscription === undefined || !isTold) return undefined;
    return subscription.isBusy(this.#deps.limits.maxUnanswered) ? undefined : subscription;
  }

  #respond(subscription: Subscription, from: "pending" | "leaving"): DeltaDiscoveryResponse {
    const batch = subscription.take(from, this.#deps.limits.maxResponseBytes);
    this.#lastNonce += 1;
    const nonce = String(this.#lastNonce);
    subscription.sent(nonce, batch);
    this.#awaited.sent(nonce, () => {
      subscription.overdue(nonce);
      this.onWork();
    });
    this.#count(subscription.type, batch);
    const response = create(DeltaDiscoveryResponseSchema, {
      typeUrl: typeUrls[subscription.type],
      nonce,
      removedResources: [...batch.removed],
    });
    // protobuf-es writes fields that it is given as unknown verbatim: all proxies get the bytes encoded once.
    response.$unknown = batch.resources.map(({ sent }) => ({ ...resourcesField, data: sent }));
    return response;
  }

  #count(type: ResourceType, batch: Batch): void {
    this.#counts.get(type)?.sent(batch.resources.length, batch.removed.length);
    const { metrics } = this.#deps;
    metrics.responses.add(1, { type });
    metrics.resources.add(batch.resources.length, { type });
    metrics.removals.add(batch.removed.length, { type });
    metrics.bytes.add(batch.bytes, { type });
  }

  /** Sends again what this proxy refused of a type. */
  retry(type: ResourceType, names: Iterable<string>): void {
    this.#subscriptions.get(type)?.retry(names);
    this.onWork();
  }

  /** What this proxy refuses of what it asks for, and what is known to be refused by its like. */
  refusals(): readonly RefusedName[] {
    return refusalsOf(this.identity, this.#deps.view, this.#subscriptions);
  }

  /** It has not answered a response for long: nobody waits for it until it has. */
  get isSilent(): boolean {
    return this.#awaited.isSilent;
  }

  /** Whether it has answered for all that it was to be told under the name, or never asks for it. */
  isSettled({ type, name, version }: ResourceName & { readonly version: string }): boolean {
    if (!carries(this.kind, type)) return true;
    const subscription = this.#subscriptions.get(type);
    if (subscription?.asksFor(name)) return !subscription.isUnsettled(name, Infinity);
    // Secrets may be fetched on demand; endpoints are asked for before their cluster is acknowledged.
    if (version === absentVersion || type === "secret" || type === "endpoints") return true;
    // Who refused something may never ask for what that refers to.
    return this.refusals().length > 0;
  }

  /** What waits for others for long. */
  held(): readonly HeldName[] {
    return this.#ordering.overdue();
  }

  /** Where a name stands at a version; an empty version is absence. */
  state(type: ResourceType, name: string, version: string): NameState {
    return this.#subscriptions.get(type)?.state(name, version) ?? "unasked";
  }

  subscription(type: ResourceType): Subscription | undefined {
    return this.#subscriptions.get(type);
  }

  /** All subscriptions of the stream. */
  subscriptions(): Iterable<Subscription> {
    return this.#subscriptions.values();
  }

  /** Per type: what was asked for, sent and answered. */
  status(): readonly TypeStatus[] {
    const status: TypeStatus[] = [];
    for (const type of additionOrder) {
      const subscription = this.#subscriptions.get(type);
      const counts = this.#counts.get(type);
      if (subscription !== undefined && counts !== undefined)
        status.push(counts.status(subscription));
    }
    return status;
  }

  /** The stream ended: frees its timers and its interest. */
  close(): void {
    this.#awaited.close();
    this.#ordering.close();
    this.#arrived();
    for (const subscription of this.#subscriptions.values()) subscription.close();
  }
}
