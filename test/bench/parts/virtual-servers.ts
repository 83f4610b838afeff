/** VirtualServers: changes and starts as the parts on Ingresses have them, and what guessing passwords costs everybody else. */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Draft } from "#store/object-store.ts";
import { apr1Hash, bcryptHash } from "#test/fakes/password-hash.ts";
import { type Asker, type GuessTurn, type Load, loads, runGuesses } from "../measure/guess-run.ts";
import { HttpProbe } from "../measure/http-probe.ts";
import {
  formatNumber,
  formatSpread,
  latencyOf,
  percentile,
  spreadOf,
} from "../measure/statistics.ts";
import { until } from "../measure/waiting.ts";
import { atMost, type Bar, type Figure, type PartReport, type Table } from "../report/report.ts";
import { type ChangeKind, formatShape } from "../world/world.ts";
import { type ChangeRow, changeFigure, changeTable } from "./change-rows.ts";
import { changeBars, methodNotes, runShape } from "./changes.ts";
import type { BenchContext, Part } from "./part.ts";
import { measureStarts, startBars, startFigure, startNote, startTable } from "./start.ts";

const kinds: readonly ChangeKind[] = ["route", "endpoint", "host"];
const barredHosts = 5_000;
const mostOfQuiet = 1.1;

export const virtualServersPart: Part = {
  name: "virtual-servers",
  title: "VirtualServers",
  run: async (context) => {
    const { shapes, perRun } = context.plan.virtualServers;
    const said = { fedBy: "store", hostsAre: "VirtualServers", more: guarded() } as const;
    const ours = context.sekisho({ ...said, concurrency: 1, name: "Sekisho, VirtualServers" });
    const guessed = context.sekisho({ ...said, concurrency: availableParallelism() });
    const rows: ChangeRow[] = [];
    for (const shape of shapes)
      rows.push(...(await runShape(context, ours, shape, { kinds, perRun })));
    const starts = await measureStarts(context, ours, lastOf(shapes));
    const turns = (await context.attempt("guesses", () => guess(context, guessed))) ?? [];
    return {
      tables: [
        ...kinds.map((kind) => changeTable(kind, rows)),
        startTable("Start and memory", starts),
        guessTable(turns),
      ],
      bars: [
        ...changeBars(rows, ({ hosts }) => hosts >= barredHosts),
        ...startBars(starts, barredHosts),
        ...guessBars(turns),
      ],
      notes: [
        ...methodNotes([ours]),
        startNote,
        "A VirtualServer has its host with all of its routes.",
        `Guesses: so many a second from ${context.plan.virtualServers.guesses.addresses} addresses in turn, each password another one, at a password file of bcrypt at cost 10 where this machine has it, by a program of its own that yields to others; among ${formatShape(lastOf(shapes))} hosts. Meanwhile two clients ask every ${formatNumber(4)} ms: for a host without a password, and with the right one. Turns of quiet, of as many requests without a password, and of guesses follow one another, every other round in the opposite order; bars have the median of the rounds. Here Envoy has a worker for each processor.`,
      ],
      figures: [...rows.map(changeFigure), ...starts.map(startFigure), ...turns.map(guessFigure)],
    } satisfies PartReport;
  },
};

const staff = { host: "staff.bench.test", path: "/" };
const password = "open sesame";

/** A host behind a password. */
function guarded(): readonly Draft[] {
  const namespace = "default";
  const version = "k8s.nginx.org/v1";
  const htpasswd = `alice:${bcryptHash(password, 10) ?? apr1Hash(password)}`;
  return [
    {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "staff" } },
      body: { type: "nginx.org/htpasswd", data: { htpasswd: btoa(htpasswd) } },
    },
    {
      ...{ apiVersion: version, kind: "Policy", metadata: { namespace, name: "staff" } },
      body: { spec: { basicAuth: { realm: "Staff", secret: "staff" } } },
    },
    {
      ...{ apiVersion: version, kind: "VirtualServer", metadata: { namespace, name: "staff" } },
      body: {
        spec: {
          host: staff.host,
          policies: [{ name: "staff" }],
          upstreams: [{ name: "s0", service: "s0", port: 80 }],
          routes: [{ path: staff.path, action: { pass: "s0" } }],
        },
      },
    },
  ];
}

const loggedIn = "who is logged in";
const elsewhere = "who asks elsewhere";

async function guess(
  context: BenchContext,
  subject: Parameters<BenchContext["start"]>[0],
): Promise<readonly GuessTurn[]> {
  const { shapes, guesses: plan } = context.plan.virtualServers;
  await using started = await context.start(subject, lastOf(shapes));
  const { running, world } = started;
  const [bystander] = world.bystanders();
  if (bystander === undefined) throw new Error("the world has no bystander");
  const lines = [`Authorization: Basic ${btoa(`alice:${password}`)}`];
  const askers: readonly Asker[] = [
    { name: elsewhere, asked: bystander },
    { name: loggedIn, asked: { ...staff, body: "a" }, lines },
  ];
  using probe = new HttpProbe(running.http);
  const isIn = async (): Promise<boolean> =>
    (await probe.ask(staff.host, staff.path, lines)).status === 200;
  await until(isIn, { what: "the login", longestMs: 10_000, everyMs: 20 });
  const directory = join(context.directory, "guesses");
  return await runGuesses({ port: running.http, guessed: staff, askers, plan, directory });
}

function lastOf<Item>(items: readonly Item[]): Item {
  const last = items.at(-1);
  if (last === undefined) throw new Error("the plan has no shape");
  return last;
}

const loadNames: Readonly<Record<Load, string>> = {
  quiet: "nobody guesses",
  nothing: "as many requests without a password",
  guess: "guesses",
};

function p99s(turns: readonly GuessTurn[], load: Load, asker: string): readonly number[] {
  return turns
    .filter((turn) => turn.load === load)
    .map(({ latencyMs }) => percentile(latencyMs.get(asker) ?? [], 0.99));
}

function guessTable(turns: readonly GuessTurn[]): Table {
  return {
    title: "Somebody guesses passwords",
    columns: ["", "asked by", "p50 ms", "p99 ms by round", "requests", "wrong", "answers"],
    rows: loads.flatMap((load) =>
      [elsewhere, loggedIn].map((asker) => {
        const own = turns.filter((turn) => turn.load === load);
        const all = latencyOf(own.flatMap(({ latencyMs }) => latencyMs.get(asker) ?? []));
        return [
          loadNames[load],
          asker,
          formatNumber(all.p50),
          formatSpread(spreadOf(p99s(turns, load, asker))),
          formatNumber(all.samples),
          `${own.reduce((sum, { wrong }) => sum + wrong, 0)}`,
          answersOf(own),
        ];
      }),
    ),
  };
}

function answersOf(turns: readonly GuessTurn[]): string {
  const counts = new Map<string, number>();
  for (const { answers } of turns)
    for (const [answer, count] of Object.entries(answers))
      counts.set(answer, (counts.get(answer) ?? 0) + count);
  return [...counts].map(([answer, count]) => `${answer}: ${formatNumber(count)}`).join(", ");
}

/** Within a round, as the machine has moods. */
function guessBars(turns: readonly GuessTurn[]): readonly Bar[] {
  if (turns.length === 0) return [];
  const ratios = [elsewhere, loggedIn].map((asker) => {
    const [quiet, guessed] = (["quiet", "guess"] as const).map((load) => p99s(turns, load, asker));
    const each = (guessed ?? []).map((p99, round) => p99 / (quiet?.[round] ?? Number.NaN));
    const what = `p99 of ${asker} under guesses, over that without`;
    return atMost(what, spreadOf(each).median, mostOfQuiet, "");
  });
  const wrong = turns.reduce((sum, turn) => sum + turn.wrong, 0);
  return [...ratios, atMost("wrong answers meanwhile", wrong, 0, "")];
}

function guessFigure({ load, latencyMs, wrong, answers }: GuessTurn): Figure {
  const latencies = [...latencyMs].map(([asker, ms]) => [asker, { ...latencyOf(ms) }] as const);
  return { load, wrong, answers, latencyMs: Object.fromEntries(latencies) };
}
