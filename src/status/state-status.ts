/** Statuses and Events of objects of NGINX Ingress Controller: how they stand, and where they are reached. */

import { contentHash } from "#base/content-hash.ts";
import type { FindingChange } from "#base/finding.ts";
import { isJsonObject, type Json, type JsonObject, sameJson } from "#base/json.ts";
import { parseKey } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { unlessGone } from "#store/unless-gone.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { FindingsByObject } from "./findings-by-object.ts";
import type { LoadBalancerAddress } from "./ingress-status.ts";
import { createRounds, type Rounds } from "./rounds.ts";
import { hasVerdict, isUnserved, toldOf, type Verdict, verdictOf } from "./state-verdict.ts";

export interface StateStatusSettings {
  /** Keys of objects that are served, with their uids. */
  readonly claimed: () => ReadonlyMap<string, string>;
  /** The object among whose routes those of an object are served. */
  readonly servedBy: (key: string) => string | undefined;
  readonly addresses: () => readonly LoadBalancerAddress[];
  /** Where an object says that it is reached itself; undefined: it is reached at these. */
  readonly reachedAt: (key: string) => LoadBalancerAddress | undefined;
  /** The ports of these addresses. */
  readonly ports: () => readonly number[];
  /** The status that an object was last seen with. */
  readonly statusOf: (key: string) => Json | undefined;
  /** Awaited between two writes, so that many of them hold up nobody. */
  readonly breathe: () => Promise<void>;
}

export class StateStatusWriter {
  readonly #store: ObjectStore;
  readonly #recorder: EventRecorder;
  readonly #settings: StateStatusSettings;
  readonly #findings = new FindingsByObject(hasVerdict);
  /** VirtualServer → the VirtualServerRoutes whose statuses were made with it in mind. */
  readonly #routesOf = new Map<string, Set<string>>();
  readonly #serverOf = new Map<string, string>();
  /** What was written, until the claim ends: a watch may lag behind our own writes. */
  readonly #told = new Map<string, { readonly uid: string; readonly status: JsonObject }>();
  /** Written, and not recorded yet. */
  readonly #news = new Map<string, Verdict>();
  readonly #statuses: Rounds;
  readonly #events: Rounds;

  constructor(store: ObjectStore, recorder: EventRecorder, settings: StateStatusSettings) {
    this.#store = store;
    this.#recorder = recorder;
    this.#settings = settings;
    this.#statuses = createRounds((key) => this.#tell(key), settings.breathe);
    this.#events = createRounds((key) => this.#record(key), settings.breathe);
  }

  /** The claim to an object (`formatKey`) may have begun or ended, or another serves it now. */
  claimChanged(key: string): void {
    if (hasVerdict(parseKey(key).kind)) this.#isDue(key);
  }

  /** The addresses or ports may have changed. */
  addressesChanged(): void {
    for (const key of this.#settings.claimed().keys()) this.claimChanged(key);
  }

  /** Findings came or went. */
  found(change: FindingChange): void {
    for (const key of this.#findings.take(change)) this.#isDue(key);
  }

  /** Brings the statuses to what holds now. */
  update(): Promise<void> {
    return this.#statuses.update();
  }

  /** Records what was written since the last call as Events. */
  record(): Promise<void> {
    return this.#events.update();
  }

  #isDue(key: string): void {
    this.#statuses.add(key);
    for (const route of this.#routesOf.get(key) ?? []) this.#statuses.add(route);
  }

  async #tell(key: string): Promise<void> {
    const { claimed, statusOf } = this.#settings;
    const uid = claimed().get(key);
    const before = this.#told.get(key);
    this.#follow(key, uid === undefined ? undefined : this.#settings.servedBy(key));
    if (uid === undefined) {
      const hasStatus = toldOf(parseKey(key).kind) !== "events";
      if (before !== undefined && hasStatus) await this.#write(key, {});
      this.#told.delete(key);
      this.#news.delete(key);
      return;
    }
    const verdict = this.#verdictOf(key);
    const status = { ...verdict, ...this.#placeOf(key) };
    const known = before?.uid === uid ? before.status : statusOf(key);
    if (toldOf(parseKey(key).kind) === "events") {
      this.#told.set(key, { uid, status });
      if (!says(known, verdict)) this.#isNews(key, verdict);
    } else if (sameJson(known ?? {}, status)) this.#told.set(key, { uid, status });
    else if (await this.#write(key, status)) {
      this.#told.set(key, { uid, status });
      if (!says(known, verdict)) this.#isNews(key, verdict);
    }
  }

  #verdictOf(key: string): Verdict {
    const server = this.#serverOf.get(key);
    const lacksServer = server !== undefined && !this.#isServed(server);
    return verdictOf({ key: parseKey(key), findings: this.#findings.of(key), lacksServer });
  }

  #isServed(server: string): boolean {
    if (!this.#settings.claimed().has(server)) return false;
    return !isUnserved(verdictOf({ key: parseKey(server), findings: this.#findings.of(server) }));
  }

  /** Where an object is reached, and through which other one. */
  #placeOf(key: string): JsonObject {
    if (toldOf(parseKey(key).kind) !== "with endpoints") return {};
    const { addresses, ports, reachedAt } = this.#settings;
    const own = reachedAt(key);
    const places = own === undefined ? addresses() : [own];
    const text = `[${ports().join(",")}]`;
    const endpoints = places.map((address) => ({
      ...("ip" in address ? { ip: address.ip } : { hostname: address.hostname }),
      ports: text,
    }));
    const server = this.#serverOf.get(key);
    const { namespace, name } = parseKey(server ?? "");
    return {
      ...(endpoints.length === 0 ? {} : { externalEndpoints: endpoints }),
      ...(server !== undefined && this.#isServed(server)
        ? { referencedBy: `${namespace}/${name}` }
        : {}),
    };
  }

  #follow(key: string, server: string | undefined): void {
    const before = this.#serverOf.get(key);
    if (before === server) return;
    if (before !== undefined) {
      const routes = this.#routesOf.get(before);
      routes?.delete(key);
      if (routes?.size === 0) this.#routesOf.delete(before);
      this.#serverOf.delete(key);
    }
    if (server === undefined) return;
    this.#serverOf.set(key, server);
    this.#routesOf.set(server, (this.#routesOf.get(server) ?? new Set()).add(key));
  }

  #isNews(key: string, verdict: Verdict): void {
    this.#news.set(key, verdict);
    this.#events.add(key);
  }

  async #record(key: string): Promise<void> {
    const verdict = this.#news.get(key);
    const about = verdict === undefined ? undefined : await this.#store.get(parseKey(key));
    if (verdict !== undefined && about !== undefined) {
      const { state, reason, message } = verdict;
      await this.#recorder.record({
        id: contentHash(reason, message, key).slice(0, 16),
        about,
        fieldPath: "",
        type: state === "Valid" ? "Normal" : "Warning",
        reason,
        message: message.slice(0, 1024),
      });
    }
    this.#news.delete(key);
  }

  /** False when the object is gone. */
  #write(key: string, status: JsonObject): Promise<boolean> {
    return unlessGone(this.#store.replaceStatus(parseKey(key), status));
  }
}

function says(status: Json | undefined, { state, reason, message }: Verdict): boolean {
  if (!isJsonObject(status)) return false;
  const said = status as JsonObject;
  return said["state"] === state && said["reason"] === reason && said["message"] === message;
}
