/** Every certificate renewed while TLS connections are opened at a steady rate and others stay open. */

import type { Clock } from "#runtime/clock.ts";
import { type CertificateLayout, type Fleet, startFleet } from "./fleet.ts";
import {
  type HandshakeReport,
  type KeptReport,
  keepConnections,
  shakeHands,
  shakeSteadily,
} from "./handshakes.ts";

export interface RotationPlan {
  readonly layout: CertificateLayout;
  readonly certificates: number;
  /** New connections a second. */
  readonly perSecond: number;
  /** Renewals are spread over them. */
  readonly handshakes: number;
}

export interface Rotation {
  readonly steady: HandshakeReport;
  readonly kept: KeptReport;
  /** From each certificate's way into its Secret until a handshake is shown it, ascending. */
  readonly servedMs: readonly number[];
}

/** How many connections stay. */
const keptCount = 20;

export async function rotate(clock: Clock, plan: RotationPlan): Promise<Rotation> {
  await using undo = new AsyncDisposableStack();
  const fleet = undo.use(await startFleet(clock, plan.certificates, plan.layout));
  const { hosts, port } = fleet;
  await untilServed(fleet);
  const kept = await keepConnections(clock, { port, hosts: hosts.slice(0, keptCount) });
  undo.defer(async () => void (await kept.stop()));
  const stopping = new AbortController();
  undo.defer(() => stopping.abort());
  const watched = watchServed(clock, fleet, stopping.signal);
  const steady = shakeSteadily(clock, fleet, plan.perSecond);
  undo.defer(async () => void (await steady.stop()));
  for (const [index, host] of hosts.entries()) {
    const dueAt = (index / hosts.length) * plan.handshakes;
    while (steady.count() < dueAt) await clock.sleep(Temporal.Duration.from({ milliseconds: 5 }));
    await fleet.renew(host);
  }
  const servedMs = await watched.all(hosts.length);
  while (steady.count() < plan.handshakes)
    await clock.sleep(Temporal.Duration.from({ milliseconds: 20 }));
  const report = { steady: await steady.stop(), kept: await kept.stop(), servedMs };
  stopping.abort();
  // It ends with the connection over which it watches, which is none of the reported ones.
  await watched.over.catch(() => undefined);
  return report;
}

/** The proxy may take what was issued a moment later. */
async function untilServed({ port, hosts }: Fleet): Promise<void> {
  for (const host of hosts) {
    for (;;) {
      const serial = await shakeHands(port, host).catch(() => undefined);
      if (serial !== undefined) break;
    }
  }
}

function watchServed(
  clock: Clock,
  { port, onIssued }: Fleet,
  signal: AbortSignal,
): {
  /** Once so many certificates were issued and are served. */
  readonly all: (count: number) => Promise<readonly number[]>;
  readonly over: Promise<void>;
} {
  const served: Promise<number>[] = [];
  let turn = Promise.withResolvers<void>();
  const over = onIssued((host, serial) => {
    served.push(untilShown(clock, { port, host, serial }));
    turn.resolve();
    turn = Promise.withResolvers();
  }, signal);
  return {
    all: async (count) => {
      while (served.length < count) await Promise.race([turn.promise, over]);
      return (await Promise.all(served)).toSorted((a, b) => a - b);
    },
    over,
  };
}

/** Counted to the begin of the first handshake that shows it: what the client needs for one is not the gate's. */
async function untilShown(
  clock: Clock,
  { port, host, serial }: { readonly port: number; readonly host: string; readonly serial: string },
): Promise<number> {
  const issued = clock.monotonicMs();
  for (;;) {
    const begun = clock.monotonicMs();
    if ((await shakeHands(port, host)) === serial) return begun - issued;
  }
}
