/** One round: a gate takes a world, answers requests, and every answer is compared with the judge's. */

import fc from "fast-check";
import type { World } from "#test/simulators/ingress/manifest.ts";
import { judgeIngress } from "#test/simulators/ingress.ts";
import { differenceBetween } from "./compare.ts";
import { explanationDifferences } from "./explanations.ts";
import type { Gate } from "./gate.ts";
import { formatManifests } from "./manifest-text.ts";
import type { PodPool } from "./pool.ts";
import { type Aim, type Asked, aims, type Shot, shoot } from "./requests.ts";
import { Client } from "./send.ts";
import { worlds } from "./worlds.ts";

/** How many requests are under way at once. */
const concurrency = 8;

export interface Round {
  readonly world: World;
  readonly aims: readonly Aim[];
}

/** Random rounds whose pods live in the pool. */
export function rounds(pool: PodPool, requests: number): fc.Arbitrary<Round> {
  return fc.record({ world: worlds(pool), aims: aims(requests) });
}

/**
 * Plays a round. Throws an error that shows all differences with the world's YAML; else returns what was asked.
 * `name` makes the User-Agents unique.
 */
export async function play(gate: Gate, round: Round, name: string): Promise<readonly Asked[]> {
  const { world } = round;
  await gate.apply(world);
  await passThrough(gate);
  const asked = round.aims.map((aim, index) => {
    const shot = shoot(world, aim);
    return { userAgent: `${name}-${index}`, shot, expected: judgeIngress(world, shot) };
  });
  const differences: string[] = [];
  await using client = new Client(gate);
  const waiting = asked.values();
  const workers = Array.from({ length: concurrency }, async () => {
    for (const { userAgent, shot, expected } of waiting) {
      const observed = await client.send(shot, { "user-agent": userAgent });
      const difference = differenceBetween(expected, observed, world, shot.path);
      if (difference !== undefined) differences.push(`${JSON.stringify(shot)}: ${difference}`);
    }
  });
  await Promise.all(workers);
  differences.push(...(await explanationDifferences(gate, world, asked)));
  if (differences.length > 0) {
    const manifests = formatManifests(world).replaceAll(/(tls\.\w+): .*/g, "$1: …");
    throw new Error(`${differences.join("\n")}\n${manifests}`);
  }
  return asked;
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
