/**
 * Real Envoy, told by the real flow, against the judge.
 *
 * SEKISHO_WORLDS sets how many worlds are played (default 150), SEKISHO_SEED where the random numbers begin.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatPlace } from "#test/simulators/ingress/place.ts";
import { startEchoPods } from "./echo-pods.ts";
import { faults } from "./faults.ts";
import { type Gate, startGate } from "./gate.ts";
import type { Asked } from "./requests.ts";
import { play, rounds } from "./rounds.ts";

const worldCount = Number(process.env["SEKISHO_WORLDS"] ?? 150);
const seed = Number(process.env["SEKISHO_SEED"] ?? 20_260_101);
const requestsPerWorld = 40;
/** A fault that so many worlds do not show is not caught. */
const worldsPerFault = 200;

describe("Ingress through real Envoy", () => {
  for (const certificates of ["chains", "on-demand"] as const) {
    it(`with certificates in ${certificates}, every answer is the judge's, and its place is known`, async () => {
      await using pods = await startEchoPods();
      await using gate = await startGate({ certificates });
      const asked: Asked[] = [];
      const { failed, numRuns, errorInstance } = await fc.check(
        fc.asyncProperty(rounds(pods.pool, requestsPerWorld), async (round) => {
          asked.push(...(await play(gate, round, `request-${asked.length}`)));
        }),
        { numRuns: worldCount, seed },
      );
      assert.ok(!failed, `world ${numRuns} of seed ${seed}:\n${errorInstance}`);
      await assertLogged(gate, asked);
    });
  }
});

async function assertLogged(gate: Gate, asked: readonly Asked[]): Promise<void> {
  const decided = asked.filter(({ expected }) => isDecided(expected.outcome.kind));
  const records = await gate.records(decided.map(({ userAgent }) => userAgent));
  for (const { userAgent, shot, expected } of decided) {
    const place = expected.place === undefined ? "Gate//unclaimed" : formatPlace(expected.place);
    assert.equal(records.get(userAgent)?.route, place, JSON.stringify(shot));
  }
}

/** Whether a rule, or the lack of one, gave the answer: not so for refusals and for what Envoy does before routing. */
function isDecided(kind: Asked["expected"]["outcome"]["kind"]): boolean {
  return kind === "backend" || kind === "status";
}

describe("faults seeded into the translator", () => {
  for (const [sentence, fault] of Object.entries(faults)) {
    it(`one that ${sentence} is caught`, async () => {
      await using pods = await startEchoPods();
      await using gate = await startGate(fault);
      const details = await fc.check(
        fc.asyncProperty(rounds(pods.pool, requestsPerWorld), async (round) => {
          await play(gate, round, "request");
        }),
        { numRuns: worldsPerFault, seed, endOnFailure: true },
      );
      assert.ok(details.failed, `${worldsPerFault} worlds from seed ${seed} did not show it`);
      const { message } = details.errorInstance as Error;
      assert.match(message, /wanted/, "what fails must be an answer, not the gate");
    });
  }
});
