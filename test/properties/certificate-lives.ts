/**
 * Certificates of an ACME server over long times: time goes from one thing that is due to the next.
 * Real: the controllers of Certificates, requests, Orders and Challenges, their queues, back-offs, counts of limits and looks
 * at the clock, the ACME client with its signatures, the embedded store, keys and certificates (P-256).
 * Simulated: both clocks, the ACME server, which believes every challenge, what stands in its way, and the solver.
 * Nothing takes time but what waits: who is asked answers at once.
 */

import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { JsonObject } from "#base/json.ts";
import { knownLimits } from "#certificates/acme/limits/known-limits.ts";
import { type OutboundDoor, OutboundError } from "#certificates/outbound/outbound-door.ts";
import { parseCertificate } from "#crypto/x509/parsed-certificate.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { acmeCertificateStage } from "#test/fakes/certificates/acme-certificate-stage.ts";
import type { FakeAcmeServer } from "#test/fakes/certificates/acme-server.ts";
import { type CertificateStage, quickKey } from "#test/fakes/certificates/certificate-stage.ts";

export type TroubleKind =
  /** Nobody answers. */
  | "silent"
  /** 503. */
  | "down"
  /** 429, to be asked again soon. */
  | "busy"
  /** It wants no order of ours: each is a failed issuance. */
  | "refusing"
  /** The machine sleeps: its timers stand still, its clock does not. */
  | "asleep"
  /** The machine's clock is wrong. */
  | "wrong";

export interface Trouble {
  /** From the start. */
  readonly fromMs: number;
  readonly lastsMs: number;
  readonly kind: TroubleKind;
  /** By how much the clock is ahead, while it is wrong. */
  readonly wrongByMs: number;
}

export interface Trial {
  readonly troubles: readonly Trouble[];
  /** How long it goes on. */
  readonly endMs: number;
}

/** A certificate, from when it was in its Secret; moments in milliseconds from the start, by a clock that is right. */
export interface Served {
  readonly fromMs: number;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Lives {
  /** By the name of the Certificate. */
  readonly served: ReadonlyMap<string, readonly Served[]>;
  /** When orders were taken, with their Certificate. */
  readonly orders: readonly { readonly atMs: number; readonly name: string }[];
}

/** How often whoever waits looks whether a clock was set. */
const lookEvery = Temporal.Duration.from({ minutes: 1 });
const hourMs = 3_600_000;
/** For so long after one was set or the machine slept, time goes from look to look. */
const carefulMs = 3 * 60_000;

/** Once nothing was asked of store or server for so many turns, nothing is under way. */
const quietTurns = 6;

const publicServer = "https://acme-v02.api.letsencrypt.org/directory";

class World {
  readonly #stage: CertificateStage;
  readonly #server: FakeAcmeServer;
  readonly #names: readonly string[];
  readonly #counted: { readonly calls: number };
  readonly #troubles: readonly Trouble[];
  readonly #edges: Trouble[];
  readonly served = new Map<string, Served[]>();
  readonly orders: { readonly atMs: number; readonly name: string }[] = [];
  #sleptMs = 0;
  #wrongMs = 0;
  #carefulUntilMs = 0;
  readonly #startMs: number;

  constructor(
    parts: {
      readonly stage: CertificateStage;
      readonly server: FakeAcmeServer;
      readonly counted: { readonly calls: number };
    },
    names: readonly string[],
    troubles: readonly Trouble[],
  ) {
    this.#stage = parts.stage;
    this.#server = parts.server;
    this.#counted = parts.counted;
    this.#names = names;
    this.#troubles = troubles;
    this.#edges = [...troubles].sort((one, other) => one.fromMs - other.fromMs);
    this.#startMs = parts.stage.clock.now().epochMilliseconds;
  }

  /** From the start, by a clock that is right. */
  nowMs(): number {
    return this.#stage.clock.monotonicMs() + this.#sleptMs;
  }

  /** What the server does instead of its work now. */
  trouble(): TroubleKind | undefined {
    const nowMs = this.nowMs();
    return this.#troubles.find(
      ({ fromMs, lastsMs, kind }) =>
        kind !== "asleep" && kind !== "wrong" && fromMs <= nowMs && nowMs < fromMs + lastsMs,
    )?.kind;
  }

  async run(endMs: number): Promise<void> {
    // A timer that was set again, and nothing else: somebody looked at the clock.
    let isIdle = false;
    for (;;) {
      if (!isIdle && (await this.#settle())) await this.#observe();
      const nowMs = this.nowMs();
      if (nowMs >= endMs) return;
      const { clock } = this.#stage;
      const [waiting, calls] = [clock.timerCount(), this.#counted.calls];
      await clock.advance({ milliseconds: Math.min(this.#stepMs(nowMs), endMs - nowMs) });
      this.#passEdges();
      isIdle = waiting === clock.timerCount() && calls === this.#counted.calls;
    }
  }

  /** Looks at the clock that find nothing are not stopped at; an hour is the most, in case one of them was something else. */
  #stepMs(nowMs: number): number {
    const but = nowMs < this.#carefulUntilMs ? undefined : lookEvery;
    const edgeMs = Math.max(0, (this.#edges[0]?.fromMs ?? Number.POSITIVE_INFINITY) - nowMs);
    return Math.min(this.#stage.clock.nextTimerMs(but) ?? hourMs, edgeMs, hourMs);
  }

  #passEdges(): void {
    const { clock } = this.#stage;
    for (;;) {
      const edge = this.#edges[0];
      if (edge === undefined || edge.fromMs > this.nowMs()) return;
      this.#edges.shift();
      const { kind, lastsMs, wrongByMs } = edge;
      if (kind !== "asleep" && kind !== "wrong") continue;
      this.#carefulUntilMs = this.nowMs() + (kind === "asleep" ? lastsMs : 0) + carefulMs;
      if (kind === "asleep") {
        this.#sleptMs += lastsMs;
        clock.jump({ milliseconds: lastsMs });
      } else {
        this.#setWrong(wrongByMs);
        if (lastsMs === 0) continue;
        const right = { ...edge, fromMs: edge.fromMs + lastsMs, lastsMs: 0, wrongByMs: -wrongByMs };
        this.#edges.push(right);
        this.#edges.sort((one, other) => one.fromMs - other.fromMs);
      }
    }
  }

  #setWrong(byMs: number): void {
    this.#stage.clock.jump({ milliseconds: byMs });
    this.#wrongMs += byMs;
    this.#server.lead = Temporal.Duration.from({ milliseconds: this.#wrongMs });
  }

  /** Lets what has begun go on until it waits; false: there was nothing. */
  async #settle(): Promise<boolean> {
    let calls = -1;
    let isMoved = false;
    for (let quiet = 0; quiet < (isMoved ? quietTurns : 1); ) {
      const before = calls === -1 ? this.#counted.calls : calls;
      await turn();
      calls = this.#counted.calls;
      quiet = calls === before ? quiet + 1 : 0;
      isMoved ||= calls !== before;
    }
    return isMoved || this.served.size < this.#names.length;
  }

  async #observe(): Promise<void> {
    for (const name of this.#names) {
      const secret = await this.#stage.secret(name);
      const data = secret?.body["data"] as JsonObject | undefined;
      const leaf = parseCertificate(Buffer.from(String(data?.["tls.crt"] ?? ""), "base64"));
      if (!leaf.ok) continue;
      const [notBeforeMs, notAfterMs] = [leaf.value.notBefore, leaf.value.notAfter].map(
        (moment) => moment.epochMilliseconds - this.#startMs,
      );
      const known = this.served.get(name) ?? [];
      if (notBeforeMs === undefined || notAfterMs === undefined) continue;
      if (known.at(-1)?.notAfterMs !== notAfterMs)
        this.served.set(name, [...known, { fromMs: this.nowMs(), notBeforeMs, notAfterMs }]);
    }
  }
}

/** Has Certificates by name live so long; their certificates are good for so many hours. */
export async function live(
  context: TestContext,
  hours: Readonly<Record<string, number>>,
  { troubles, endMs }: Trial,
): Promise<Lives> {
  const counted = { calls: 0 };
  const nameOf = ([name = ""]: readonly string[]): string => name.split(".")[0] ?? "";
  const { stage, server, issue, stop } = await acmeCertificateStage(context, {
    wrap: (store) => countingStore(store, counted),
    hoursOf: (names) => hours[nameOf(names)] ?? 1,
    before: (door) => troubledDoor(door, { counted, world: () => world }),
    limits: knownLimits(publicServer),
  });
  const names = Object.keys(hours);
  const world: World = new World({ stage, server, counted }, names, troubles);
  await issue();
  for (const name of names)
    await stage.create("Certificate", name, {
      ...{ secretName: name, dnsNames: [`${name}.example.com`], privateKey: quickKey },
      issuerRef: { name: "public", kind: "ClusterIssuer" },
      revisionHistoryLimit: 1,
    });
  try {
    await world.run(endMs);
  } finally {
    await stop();
  }
  const { served, orders } = world;
  return { served, orders };
}

const refusal = {
  status: 403,
  headers: { "content-type": "application/problem+json" },
  body: Buffer.from('{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"not you"}'),
};

/** In trouble it answers, or does not, as the trouble has it. */
function troubledDoor(
  door: OutboundDoor,
  { counted, world }: { readonly counted: { calls: number }; readonly world: () => World },
): OutboundDoor {
  return {
    ...door,
    request: async (request) => {
      counted.calls += 1;
      const kind = world().trouble();
      if (kind === "silent") throw new OutboundError("unreachable", "nobody answers");
      if (kind === "down") return { status: 503, headers: {}, body: new Uint8Array() };
      const headers = { "retry-after": "50" };
      if (kind === "busy") return { status: 429, headers, body: new Uint8Array() };
      if (kind === "refusing" && request.url.endsWith("/new-order")) return refusal;
      const answer = await door.request(request);
      if (answer.status < 300 && request.url.endsWith("/new-order"))
        world().orders.push({ atMs: world().nowMs(), name: nameIn(request.body) });
      return answer;
    },
  };
}

function nameIn(jws: string | undefined): string {
  const { payload } = JSON.parse(jws ?? "") as { payload: string };
  const order = JSON.parse(Buffer.from(payload, "base64url").toString()) as {
    identifiers: readonly { value: string }[];
  };
  return order.identifiers[0]?.value ?? "";
}

function countingStore(store: ObjectStore, counted: { calls: number }): ObjectStore {
  const count = <A extends unknown[], R>(call: (...given: A) => R): ((...given: A) => R) => {
    return (...given) => {
      counted.calls += 1;
      return call(...given);
    };
  };
  return {
    ...{ get: count(store.get), list: count(store.list), watch: store.watch },
    ...{ create: count(store.create), replace: count(store.replace), apply: count(store.apply) },
    ...{ replaceStatus: count(store.replaceStatus), remove: count(store.remove) },
  };
}
