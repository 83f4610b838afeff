/** Waits until what was published is in force at every proxy, here and at the other replicas, and names who is silent. */

import type { Finding } from "#base/finding.ts";
import type { ResourceChange, ResourceName } from "#envoy/resource.ts";
import { endpointSliceKind } from "#kinds/endpoint-slice.ts";
import type { KubeObject } from "#kinds/object.ts";
import { unclaimed } from "#model/gateway.ts";
import { xdsServerName } from "#proxies/kubernetes/xds-peers.ts";
import type { TlsIdentity } from "#runtime/http/http2-server.ts";
import { logFields } from "#runtime/telemetry/log-fields.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { additionOrder } from "#xds/ordering/resource-order.ts";
import type { NameAtVersion, Settlement } from "#xds/settlement.ts";
import { untilSettled } from "../../settling.ts";
import { Asking, type AskingDeps, type ReplicaState } from "./asking.ts";
import { findPeers, findReadyPods } from "./peers.ts";
import { ReturnedProxies } from "./returned-proxies.ts";

export interface AcknowledgementsDeps extends AskingDeps {
  readonly store: Pick<ObjectStore, "list">;
}

export interface AcknowledgementsSettings {
  /** Where the replicas are. */
  readonly namespace: string;
  /** The name of our own pod. */
  readonly identity: string;
  readonly tls: TlsIdentity;
  readonly settlement: () => Settlement;
  /** The Service by which clients reach the proxies; undefined: nobody knows. */
  readonly service: { readonly namespace: string; readonly name: string } | undefined;
  /** Hears of all who are silent, whenever that changes. */
  readonly found: (findings: readonly Finding[]) => void;
}

/** A status does not wait longer for proxies that do not answer. */
const longestWait = Temporal.Duration.from({ seconds: 10 });

export class Acknowledgements {
  readonly #deps: AcknowledgementsDeps;
  readonly #settings: AcknowledgementsSettings;
  readonly #asking: Asking;
  readonly #returned: ReturnedProxies;
  /** Published and not awaited yet; by type and name. */
  readonly #due = new Map<string, ResourceName>();
  #isAllDue = true;
  #silentHere: readonly string[] = [];
  #tls: TlsIdentity;

  constructor(deps: AcknowledgementsDeps, settings: AcknowledgementsSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#tls = settings.tls;
    this.#returned = new ReturnedProxies(deps.clock);
    this.#asking = new Asking(deps, {
      peers: async () => findPeers(await this.#slices(), settings),
      identity: () => this.#tls,
      serverName: xdsServerName(settings.namespace),
      now: (name) => settings.settlement().current(name),
      changed: () => settings.found(this.findings()),
    });
  }

  /** The next round waits for this, too. */
  published({ set, removed }: ResourceChange): void {
    if (this.#isAllDue) return;
    for (const { type, name } of [...set, ...removed]) {
      this.#due.set(`${type} ${name}`, { type, name });
    }
  }

  /** What was published until the next round is forgotten; that round waits for everything. */
  forget(): void {
    this.#isAllDue = true;
    this.#due.clear();
  }

  /** One round: resolves when all that was published is in force, or has been waited for long enough. */
  async settled(): Promise<void> {
    const settlement = this.#settings.settlement();
    const names = this.#take(settlement);
    await Promise.all([this.#settledHere(settlement, names), this.#asking.settled(names)]);
  }

  /** Whether these are in force now, or within the time that a status would wait: at the proxies of every replica, and those are all that serve. */
  async inForce(names: readonly ResourceName[]): Promise<boolean> {
    const { clock } = this.#deps;
    const settlement = this.#settings.settlement();
    const now = (name: ResourceName): NameAtVersion => settlement.current(name);
    const asked = names.map(now);
    // Before: one that connects meanwhile is waited for, or is not counted yet.
    const here = settlement.connected();
    const [left, { haveAll, proxies }] = await Promise.all([
      untilSettled({ clock, settlement }, asked, { longest: longestWait, now }),
      this.#asking.hear(asked),
    ]);
    const { service } = this.#settings;
    const serving = service === undefined ? [] : findReadyPods(await this.#slices(), service);
    const areBack = this.#returned.areBack([...here, ...proxies], serving);
    return areBack && left.length === 0 && haveAll;
  }

  /** The other replicas as they were last; none where nobody asked. */
  replicas(): readonly ReplicaState[] {
    return this.#asking.replicas();
  }

  /** Shows other replicas this from now on. */
  replaceIdentity(tls: TlsIdentity): void {
    this.#tls = tls;
  }

  close(): Promise<void> {
    return this.#asking.close();
  }

  /** Who is silent. */
  findings(): readonly Finding[] {
    const { identity } = this.#settings;
    const here = { name: identity, address: "", silent: this.#silentHere };
    return [here, ...this.replicas()].flatMap((replica) => findingsOf(replica));
  }

  async #slices(): Promise<readonly KubeObject[]> {
    return (await this.#deps.store.list(endpointSliceKind.id)).items;
  }

  #take(settlement: Settlement): readonly NameAtVersion[] {
    const due = [...this.#due.values()];
    this.#due.clear();
    if (!this.#isAllDue) return due.map((name) => settlement.current(name));
    this.#isAllDue = false;
    return settlement.published(additionOrder);
  }

  async #settledHere(settlement: Settlement, names: readonly NameAtVersion[]): Promise<void> {
    const { clock, log } = this.#deps;
    const now = (name: NameAtVersion): NameAtVersion => settlement.current(name);
    const left = await untilSettled({ clock, settlement }, names, { longest: longestWait, now });
    const silent = [...new Set([...settlement.silent(), ...settlement.lacking(left)])].sort();
    if (left.length > 0) {
      log.warn("statuses are written before all proxies have answered", {
        [logFields.proxy]: silent,
      });
    }
    if (silent.join() === this.#silentHere.join()) return;
    this.#silentHere = silent;
    this.#settings.found(this.findings());
  }
}

function findingsOf({ name, problem, silent }: ReplicaState): readonly Finding[] {
  const found = { severity: "warning", origin: unclaimed } as const;
  const ofReplica: Finding = {
    ...found,
    reason: "ReplicaSilent",
    message: `statuses do not wait for the proxies of the replica ${name}: ${problem}`,
    advice: "see its log; until it answers a status may be ahead of its proxies",
  };
  const ofProxies = silent.map(
    (proxy): Finding => ({
      ...found,
      reason: "ProxySilent",
      message: `statuses do not wait for the proxy ${proxy} of the replica ${name}: it has not answered for 10 s`,
      advice: "see the log of the proxy; until it answers a status may be ahead of it",
    }),
  );
  return [...(problem === undefined ? [] : [ofReplica]), ...ofProxies];
}
