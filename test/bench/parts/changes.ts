/** Changes fed through the store, against the size of the world: how soon they are seen, and what each costs. */

import { type ChangeRun, runChanges } from "../measure/change-run.ts";
import { spreadOf } from "../measure/statistics.ts";
import { atMost, type Bar, type PartReport } from "../report/report.ts";
import type { Subject } from "../subjects/subject.ts";
import { type ChangeKind, formatShape, type WorldShape } from "../world/world.ts";
import { type ChangeRow, changeFigure, changeTable } from "./change-rows.ts";
import type { BenchContext, Part } from "./part.ts";

const kinds: readonly ChangeKind[] = ["route", "endpoint", "host", "certificate"];
const workers = 1;
/** More hosts are held against so many. */
const flatnessBase = 1_000;

export const changesPart: Part = {
  name: "changes",
  title: "Changes",
  run: async (context) => {
    const { plan, peers, leftOut } = context;
    const ours = context.sekisho({ fedBy: "store", concurrency: workers });
    const rows: ChangeRow[] = [];
    for (const shape of plan.changes.shapes) {
      rows.push(...(await runShape(context, ours, shape, { kinds, perRun: plan.changes.perRun })));
    }
    for (const hosts of plan.changes.peerHosts) {
      const shape = { hosts, routesPerHost: 1, services: 100, certificates: 0 };
      for (const peer of peers) {
        const perRun = plan.changes.perRunOfPeers;
        rows.push(...(await runShape(context, peer, shape, { kinds: ["route"], perRun })));
      }
    }
    return {
      tables: kinds.map((kind) => changeTable(kind, rows)),
      bars: changeBars(rows, ({ hosts, routesPerHost }) => hosts * routesPerHost >= 10_000),
      notes: [...methodNotes([ours, ...peers]), "An Ingress holds at most 10 routes.", ...leftOut],
      figures: rows.map(changeFigure),
    } satisfies PartReport;
  },
};

export interface ShapeRuns {
  readonly kinds: readonly ChangeKind[];
  readonly perRun: number;
}

/** Each run starts the program anew, with a world of its own. */
export async function runShape(
  context: BenchContext,
  subject: Subject,
  shape: WorldShape,
  { kinds: wanted, perRun }: ShapeRuns,
): Promise<readonly ChangeRow[]> {
  const possible = wanted.filter((kind) => subject.changes.includes(kind));
  const byKind = new Map<ChangeKind, ChangeRun[]>(possible.map((kind) => [kind, []]));
  for (let run = 0; run < context.plan.runs; run += 1) {
    await context.attempt(`${subject.name}, ${formatShape(shape)}, run ${run + 1}`, async () => {
      await using started = await context.start(subject, shape);
      for (const [kind, runs] of byKind) {
        const settings = { kind, count: perRun, firstTurn: 0, restMs: subject.restMs ?? 0 };
        const echoPort = context.answers.echo;
        runs.push(await runChanges(started.running, started.world, { ...settings, echoPort }));
      }
    });
  }
  return [...byKind]
    .filter(([, runs]) => runs.length > 0)
    .map(([kind, runs]) => ({ subject: subject.name, kind, shape, runs }));
}

/** How changes are measured. */
export function methodNotes(subjects: readonly Subject[]): readonly string[] {
  return [
    "seen: from the write to the arrival of the first answer of the new world, at one client on one kept connection that asks back to back (certificates: full handshakes back to back); percentiles over the changes of all runs. The echo is a bare server on loopback asked by the same client between changes.",
    "CPU and bytes for each change: a second pass of as many changes without that client, with one look every 6 ms. Others: requests to hosts that do not change, every 2 ms on five kept connections.",
    `Envoy has ${workers} worker. Hosts lie over 100 Services; the first 100 hosts have a certificate each. No access log.`,
    ...subjects.map(({ name, version, how }) => `${name} ${version}: ${how}`),
  ];
}

/** The bars hold for the shapes that are given in their text. */
export function changeBars(
  rows: readonly ChangeRow[],
  isBarred: (shape: WorldShape) => boolean,
): readonly Bar[] {
  const ours = rows.filter(({ subject }) => subject.startsWith("Sekisho"));
  const barred = ours.filter(
    ({ kind, shape }) => (kind === "route" || kind === "endpoint") && isBarred(shape),
  );
  const each = barred.flatMap((row) => {
    const name = `${row.kind} at ${formatShape(row.shape)}`;
    const { proxyMs, bytes } = mean(row);
    return [
      atMost(`${name}: p50 seen`, spreadOf(row.runs.flatMap((run) => run.seenMs)).median, 10, "ms"),
      atMost(`${name}: Envoy CPU`, proxyMs, 2, "ms"),
      atMost(`${name}: on the wire`, bytes, 2048, "B"),
    ];
  });
  const wrong = ours.reduce(
    (sum, row) => sum + row.runs.reduce((total, run) => total + run.bystanders.wrong, 0),
    0,
  );
  return [...each, ...flatness(ours), atMost("errors on other hosts", wrong, 0, "")];
}

/** Control-plane CPU of the largest world of single routes over that of the base. */
function flatness(ours: readonly ChangeRow[]): readonly Bar[] {
  return (["route", "endpoint"] as const).flatMap((kind) => {
    const rows = ours.filter((row) => row.kind === kind && row.shape.routesPerHost === 1);
    const base = rows.find(({ shape }) => shape.hosts === flatnessBase);
    const large = rows.find(({ shape }) => shape.hosts > flatnessBase);
    if (base === undefined || large === undefined) return [];
    const ratio = mean(large).controlMs / mean(base).controlMs;
    const shapes = `${formatShape(large.shape)} over ${formatShape(base.shape)}`;
    return [atMost(`${kind}: control-plane CPU, ${shapes}`, ratio, 1.3, "")];
  });
}

function mean({ runs }: ChangeRow): { proxyMs: number; controlMs: number; bytes: number } {
  const median = (of: (run: ChangeRun) => number | undefined): number =>
    spreadOf(runs.map((run) => of(run) ?? Number.NaN)).median;
  return {
    proxyMs: median(({ cost }) => cost.proxyMs),
    controlMs: median(({ cost }) => cost.controlMs),
    bytes: median(({ cost }) => cost.bytes),
  };
}
