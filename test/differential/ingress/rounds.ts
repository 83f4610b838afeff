/** One round: a gate takes a world, answers requests, and every answer is compared with the judge's. */

import fc from "fast-check";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { judgeIngress } from "#test/simulators/ingress.ts";
import { demandNone, playAll } from "../harness/play.ts";
import { differenceBetween } from "./compare.ts";
import { type Answered, explanationDifferences } from "./explanations.ts";
import type { Gate } from "./gate.ts";
import { formatManifests } from "./manifest-text.ts";
import type { PodPool } from "./pool.ts";
import { type Aim, aims, type Shot, shoot } from "./requests.ts";
import { Client } from "./send.ts";
import { worlds } from "./worlds.ts";

export interface Round {
  readonly world: World;
  /** In which the world's pods live. */
  readonly pool: PodPool;
  readonly aims: readonly Aim[];
}

/** Random rounds whose pods live in the pool. */
export function rounds(pool: PodPool, requests: number): fc.Arbitrary<Round> {
  return fc.record({ world: worlds(pool), pool: fc.constant(pool), aims: aims(requests) });
}

/**
 * Plays a round: throws an error that shows all differences with the world's YAML, also those of what `explain` and the
 * access log say; else returns what was answered. `name` makes the User-Agents unique.
 */
export async function play(gate: Gate, round: Round, name: string): Promise<readonly Answered[]> {
  const { answered, differences } = await ask(gate, round, name);
  const told = await explanationDifferences(gate, round, answered);
  demandNone([...differences, ...told], () => formatWorld(round.world));
  return answered;
}

/** The same, for the answers alone. */
export async function playAnswers(gate: Gate, round: Round, name: string): Promise<void> {
  demandNone((await ask(gate, round, name)).differences, () => formatWorld(round.world));
}

/** The same, for what is told of the answers alone, which have to be right. */
export async function playExplanations(gate: Gate, round: Round, name: string): Promise<void> {
  const { answered, differences } = await ask(gate, round, name);
  if (differences.length > 0) throw new Error(`the answers are wrong:\n${differences.join("\n")}`);
  demandNone(await explanationDifferences(gate, round, answered), () => formatWorld(round.world));
}

function formatWorld(world: World): string {
  return formatManifests(world).replaceAll(/(tls\.\w+): .*/g, "$1: …");
}

interface Outcome {
  readonly answered: readonly Answered[];
  /** Of answers that are not the judge's, a sentence each. */
  readonly differences: readonly string[];
}

async function ask(gate: Gate, round: Round, name: string): Promise<Outcome> {
  const { world } = round;
  await gate.apply(world);
  await passThrough(gate);
  const answered: Answered[] = [];
  await using client = new Client(gate);
  const differences = await playAll(round.aims, async (aim, index) => {
    const shot = shoot(world, aim);
    const userAgent = `${name}-${index}`;
    const expected = judgeIngress(world, shot);
    const observed = await client.send(shot, { "user-agent": userAgent });
    answered.push({ userAgent, shot, expected, observed });
    const difference = differenceBetween(expected, observed, round, shot.path);
    return difference && `${JSON.stringify(shot)}: ${difference}`;
  });
  return { answered, differences };
}

/**
 * Envoy acknowledges on its main thread; its one worker takes what it was told before it takes a request that came
 * later, but may take one that came at the same time. A request there and back puts the two in order.
 */
async function passThrough(gate: Gate): Promise<void> {
  await using client = new Client(gate);
  const shot: Shot = { scheme: "http", host: "pass-through.invalid", path: "/", protocol: "h1" };
  await client.send(shot);
}
