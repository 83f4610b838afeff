/** How long everybody else waits while somebody guesses passwords, beside the same without him, in turns. */

import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { GuessPlan } from "../plan.ts";
import { type Attempts, startGuesses } from "../programs/guesses.ts";
import type { Bystander } from "./bystanders.ts";
import { HttpProbe } from "./http-probe.ts";
import { pause } from "./waiting.ts";

/** `quiet`: nobody else asks. */
export type Load = Attempts | "quiet";
export const loads: readonly Load[] = ["quiet", "nothing", "guess"];

/** Who asks meanwhile, each on a connection of its own that is kept. */
export interface Asker {
  readonly name: string;
  readonly asked: Bystander;
  readonly lines?: readonly string[];
}

/** One turn of one load. */
export interface GuessTurn {
  readonly load: Load;
  /** By the name of who asked. */
  readonly latencyMs: ReadonlyMap<string, readonly number[]>;
  readonly wrong: number;
  /** How often those who guessed were answered how. */
  readonly answers: Readonly<Record<string, number>>;
}

export interface GuessSettings {
  readonly port: number;
  readonly guessed: { readonly host: string; readonly path: string };
  readonly askers: readonly Asker[];
  readonly plan: GuessPlan;
  readonly directory: string;
}

/** Between two requests: as often as to see a delay of some milliseconds. */
const askEveryMs = 2;
/** A program that starts takes the processor, and connections are opened. */
const settlingMs = 700;

/** Every other round in the opposite order. */
export async function runGuesses(settings: GuessSettings): Promise<readonly GuessTurn[]> {
  const turns: GuessTurn[] = [];
  for (let round = 0; round < settings.plan.rounds; round += 1) {
    const order = round % 2 === 0 ? loads : loads.toReversed();
    for (const load of order) turns.push(await takeTurn(settings, load));
  }
  return turns;
}

async function takeTurn(settings: GuessSettings, load: Load): Promise<GuessTurn> {
  const { port, guessed, plan } = settings;
  mkdirSync(settings.directory, { recursive: true });
  const directory = mkdtempSync(join(settings.directory, "turn-"));
  const guesses =
    load === "quiet" ? undefined : await startGuesses(directory, { port, ...guessed }, plan, load);
  try {
    await pause(settlingMs);
    const asked = await askInTurn(settings);
    return { load, ...asked, answers: (await guesses?.stop()) ?? {} };
  } catch (error) {
    await guesses?.stop();
    throw error;
  }
}

async function askInTurn({
  port,
  askers,
  plan,
}: GuessSettings): Promise<Pick<GuessTurn, "latencyMs" | "wrong">> {
  const probes = askers.map((asker) => ({ asker, probe: new HttpProbe(port), ms: [] as number[] }));
  let wrong = 0;
  const end = performance.now() + plan.seconds * 1000;
  while (performance.now() < end) {
    for (const { asker, probe, ms } of probes) {
      const { host, path, body } = asker.asked;
      const started = performance.now();
      const answer = await probe.ask(host, path, asker.lines);
      ms.push(performance.now() - started);
      if (answer.status !== 200 || answer.body !== body) wrong += 1;
      await pause(askEveryMs);
    }
  }
  for (const { probe } of probes) probe.close();
  return { latencyMs: new Map(probes.map(({ asker, ms }) => [asker.name, ms])), wrong };
}
