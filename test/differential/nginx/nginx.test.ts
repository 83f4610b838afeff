/**
 * VirtualServers through real Envoy, told by the real flow, against the judge of nginx's locations.
 *
 * SEKISHO_WORLDS sets how many hosts are played (default 300),
 * SEKISHO_FAULTS how many faults are seeded (default all), SEKISHO_SEED where the random numbers begin.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { expectCaught, faultsToSeed } from "../harness/caught.ts";
import { explained } from "./envoy-reading.ts";
import { faults } from "./faults.ts";
import { play, rounds, startNginxGate, type Tally } from "./rounds.ts";

const hostCount = Number(process.env["SEKISHO_WORLDS"] ?? 300);
const seed = Number(process.env["SEKISHO_SEED"] ?? 20_260_101);
const requestsPerHost = 40;
const hostsPerRound = 20;
/** A fault that so many rounds do not show is not caught. */
const roundsPerFault = 10;

function emptyTally(): Tally {
  return { answers: 0, asNginx: 0, explained: new Map() };
}

describe("VirtualServer through real Envoy", () => {
  it("answers every request as nginx would, but for differences that are listed", async (context) => {
    const tally = emptyTally();
    await using gate = await startNginxGate();
    const numRuns = Math.ceil(hostCount / hostsPerRound);
    for (const round of fc.sample(rounds(hostsPerRound, requestsPerHost), { numRuns, seed })) {
      await play(gate, round, tally);
    }
    assert.equal(tally.answers, numRuns * hostsPerRound * requestsPerHost);
    context.diagnostic(`${tally.asNginx} of ${tally.answers} answers are nginx's`);
    // A sample need not meet all of them.
    for (const why of hostCount < 300 ? [] : Object.keys(explained)) {
      assert.ok(tally.explained.has(why), `nothing needs this explanation: ${why}`);
    }
  });
});

describe("faults seeded into the translator of VirtualServers", () => {
  for (const [sentence, fault] of faultsToSeed(faults)) {
    it(`one that ${sentence} is caught`, async () => {
      await using gate = await startNginxGate(fault);
      await expectCaught({
        rounds: rounds(hostsPerRound, requestsPerHost),
        most: roundsPerFault,
        seed,
        play: (round) => play(gate, round, emptyTally()),
      });
    });
  }
});
