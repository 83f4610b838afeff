/**
 * Real Envoy, told by the real flow, against the judge.
 *
 * SEKISHO_WORLDS sets how many worlds are played (default 150),
 * SEKISHO_FAULTS how many faults are seeded (default all), SEKISHO_SEED where the random numbers begin.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { TestGateSettings } from "../../system/harness/test-gate.ts";
import { expectCaught, faultsToSeed } from "../harness/caught.ts";
import type { Fault } from "../harness/seeding.ts";
import { startEchoPods } from "./echo-pods.ts";
import { answerFaults } from "./faults/answer-faults.ts";
import { originFaults } from "./faults/origin-faults.ts";
import { startGate } from "./gate.ts";
import { addressesOf, type PodPool } from "./pool.ts";
import { play, playAnswers, playExplanations, rounds } from "./rounds.ts";

const worldCount = Number(process.env["SEKISHO_WORLDS"] ?? 150);
const seed = Number(process.env["SEKISHO_SEED"] ?? 20_260_101);
const requestsPerWorld = 40;
/** A fault that so many worlds do not show is not caught. */
const worldsPerFault = 200;

/** DNS as the pool has it. */
function resolving(pool: PodPool): Pick<TestGateSettings, "resolve"> {
  return { resolve: (name) => addressesOf(pool, name) };
}

describe("Ingress through real Envoy", () => {
  for (const certificates of ["chains", "on-demand"] as const) {
    it(`with certificates in ${certificates}, every answer is the judge's, and so is the line that explain and the access log name for it`, async () => {
      await using pods = await startEchoPods();
      await using gate = await startGate({ certificates, ...resolving(pods.pool) });
      let answers = 0;
      const { failed, numRuns, errorInstance } = await fc.check(
        fc.asyncProperty(rounds(pods.pool, requestsPerWorld), async (round) => {
          answers += (await play(gate, round, `request-${answers}`)).length;
        }),
        { numRuns: worldCount, seed },
      );
      assert.ok(!failed, `world ${numRuns} of seed ${seed}:\n${errorInstance}`);
      assert.equal(answers, worldCount * requestsPerWorld);
    });
  }
});

describe("faults seeded into the translator", () => {
  for (const [sentence, fault] of faultsToSeed(answerFaults)) {
    it(`one that ${sentence} is caught by an answer`, () => expectFault(fault, playAnswers));
  }
});

describe("faults seeded into what is told of answers", () => {
  for (const [sentence, fault] of faultsToSeed(originFaults)) {
    it(`one that ${sentence} is caught`, () => expectFault(fault, playExplanations));
  }
});

async function expectFault(fault: Fault, playOne: typeof playAnswers): Promise<void> {
  await using pods = await startEchoPods();
  await using gate = await startGate({ ...fault, ...resolving(pods.pool) });
  await expectCaught({
    rounds: rounds(pods.pool, requestsPerWorld),
    most: worldsPerFault,
    seed,
    play: (round, name) => playOne(gate, round, name),
  });
}
