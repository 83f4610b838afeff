/** The random worlds and requests reach every kind of answer, and every border, often enough to mean something. */

import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { load } from "js-yaml";
import type { Answer } from "#test/simulators/ingress.ts";
import { judgeIngress } from "#test/simulators/ingress.ts";
import { formatManifests } from "./manifest-text.ts";
import { paperPool } from "./pool.ts";
import { aims, shoot } from "./requests.ts";
import { worlds } from "./worlds.ts";

/** What the request found: the kind of answer, and for backends by which sort of rule. */
function sortOf({ outcome, place }: Answer): string {
  if (outcome.kind === "status") return `${outcome.status}`;
  const byDefault = outcome.kind === "backend" && place?.path === "spec.defaultBackend";
  return byDefault ? "default backend" : outcome.kind;
}

it("the requests meet every sort of answer", () => {
  const samples = fc.sample(fc.tuple(worlds(paperPool), aims(40)), { numRuns: 200, seed: 1 });
  const counts: Record<string, number> = {};
  let total = 0;
  for (const [world, list] of samples) {
    for (const aim of list) {
      const shot = shoot(world, aim);
      const sort = `${shot.scheme} ${sortOf(judgeIngress(world, shot))}`;
      counts[sort] = (counts[sort] ?? 0) + 1;
      total += 1;
    }
  }
  const least: Record<string, number> = {
    "http backend": 0.05,
    "http default backend": 0.02,
    "http 404": 0.02,
    "http 503": 0.02,
    "http external": 0.005,
    "https external": 0.005,
    "https backend": 0.05,
    "https default backend": 0.02,
    "https 404": 0.01,
    "https 421": 0.02,
    "https 503": 0.01,
    "https refused": 0.05,
  };
  for (const [sort, share] of Object.entries(least)) {
    const found = (counts[sort] ?? 0) / total;
    assert.ok(found >= share, `${sort}: ${found} of all requests, wanted ${share}`);
  }
});

it("the YAML of a world reads back as the world", () => {
  fc.assert(
    fc.property(worlds(paperPool), (world) => {
      const texts = formatManifests(world)
        .split(/^---\n/m)
        .slice(1);
      assert.deepEqual(
        texts.map((text) => load(text)),
        JSON.parse(JSON.stringify(world)),
      );
    }),
    { numRuns: 50 },
  );
});
