/**
 * The judge of nginx's locations against Debian's nginx.
 *
 * SEKISHO_WORLDS sets how many hosts are played (default 300), SEKISHO_SEED where the random numbers begin.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { locationsOf } from "#test/simulators/nginx/virtual-server.ts";
import { judgeChances } from "#test/simulators/nginx-locations.ts";
import { Draws, formatChances } from "./draws.ts";
import { formatWire, type Passed, send } from "./raw-requests.ts";
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
    const draws = new Draws();
    const differences: string[] = [];
    const waiting = shots.values();
    const workers = Array.from({ length: concurrency }, async () => {
      for (const { host, request } of waiting) {
        const { name, locations } = hosts[host] ?? { name: "", locations: [] };
        const chances = formatChances(judgeChances(locations, request), formatJudged);
        const got = formatWire(await send(server.port, name, request), name, formatCame);
        draws.count(chances, got);
        if (chances.has(got)) continue;
        const wanted = [...chances.keys()].join(" or ");
        const routesText = JSON.stringify(samples[host]?.[0]);
        differences.push(
          `${JSON.stringify(request)}: wanted ${wanted}, got ${got}, with ${routesText}`,
        );
      }
    });
    await Promise.all(workers);
    const all = [...differences, ...draws.differences()];
    assert.equal(all.length, 0, all.slice(0, 10).join("\n"));
    assert.equal(shots.length, hostCount * requestsPerHost);
  });
});

function formatJudged({ location, upstream, target }: Passed): string {
  return `${location} to ${upstream} with ${target}`;
}

function formatCame({ headers, target }: Asked): string {
  return `${headers[locationHeader]} to ${headers[upstreamHeader]} with ${target}`;
}
