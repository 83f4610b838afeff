/**
 * The judge of nginx's locations against Debian's nginx.
 *
 * SEKISHO_WORLDS sets how many hosts are played (default 300), SEKISHO_SEED where the random numbers begin.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { locationsOf } from "#test/simulators/nginx/virtual-server.ts";
import { type Answer, judgeLocations } from "#test/simulators/nginx-locations.ts";
import type { WireAnswer } from "#test/system/wire-client.ts";
import { formatAnswer, formatWire, send } from "./raw-requests.ts";
import { type Host, locationHeader, upstreamHeader } from "./real/configuration.ts";
import { type Asked, startWireEcho } from "./real/echo.ts";
import { findNginx, startNginx } from "./real/real-nginx.ts";
import { aims, shoot } from "./requests.ts";
import { routes } from "./routes.ts";

const hostCount = Number(process.env["SEKISHO_WORLDS"] ?? 300);
const seed = Number(process.env["SEKISHO_SEED"] ?? 20_260_101);
const requestsPerHost = 40;
const concurrency = 16;

const nginx = findNginx();
const skip = nginx.kind === "absent" ? nginx.reason : false;

describe("the judge of nginx's locations", { skip }, () => {
  it("says of every request what nginx itself does with it", async () => {
    assert.ok(nginx.kind === "found");
    const samples = fc.sample(fc.tuple(routes, aims(requestsPerHost)), {
      numRuns: hostCount,
      seed,
    });
    const hosts = samples.map(
      ([list], number): Host => ({ name: `h${number}.test`, locations: locationsOf(list) }),
    );
    const shots = samples.flatMap(([list, targets], number) =>
      targets.map((target) => ({ host: number, request: shoot(list, target) })),
    );
    await using echo = await startWireEcho("all");
    await using server = await startNginx(nginx.path, hosts, echo.port);
    const differences: string[] = [];
    const waiting = shots.values();
    const workers = Array.from({ length: concurrency }, async () => {
      for (const { host, request } of waiting) {
        const { name, locations } = hosts[host] ?? { name: "", locations: [] };
        const wanted = formatJudged(judgeLocations(locations, request));
        const got = formatCame(await send(server.port, name, request));
        if (wanted === got) continue;
        const routesText = JSON.stringify(samples[host]?.[0]);
        differences.push(
          `${JSON.stringify(request)}: wanted ${wanted}, got ${got}, with ${routesText}`,
        );
      }
    });
    await Promise.all(workers);
    assert.equal(differences.length, 0, differences.slice(0, 10).join("\n"));
    assert.equal(shots.length, hostCount * requestsPerHost);
  });
});

function formatJudged(answer: Answer): string {
  return formatAnswer(
    answer,
    ({ location, upstream, target }) => `${location} to ${upstream} with ${target}`,
  );
}

function formatCame(answer: WireAnswer): string {
  return formatWire(answer, (body) => {
    const asked = JSON.parse(body) as Asked;
    const { [locationHeader]: location, [upstreamHeader]: upstream } = asked.headers;
    return `${location} to ${upstream} with ${asked.target}`;
  });
}
