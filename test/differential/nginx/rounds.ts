/** One round: a gate takes VirtualServers, answers requests, and every answer is compared with the judge's. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { locationsOf, type Route } from "#test/simulators/nginx/virtual-server.ts";
import { judgeChances } from "#test/simulators/nginx-locations.ts";
import { startTestGate, type TestGateSettings } from "../../system/harness/test-gate.ts";
import { demandNone, playAll } from "../harness/play.ts";
import { Draws, formatChances } from "./draws.ts";
import { envoyReading, explained, hidesClimb, quotePattern } from "./envoy-reading.ts";
import { objectsOf, type RoutedHost } from "./manifests.ts";
import { formatWire, type Passed, send } from "./raw-requests.ts";
import { startWireEcho } from "./real/echo.ts";
import { type Aim, aims, shoot } from "./requests.ts";
import { routes, upstreams } from "./routes.ts";

export interface Round {
  readonly hosts: readonly { readonly routes: readonly Route[]; readonly aims: readonly Aim[] }[];
}

/** Random rounds of so many hosts. */
export function rounds(hosts: number, requestsPerHost: number): fc.Arbitrary<Round> {
  const host = fc.record({ routes, aims: aims(requestsPerHost) });
  return fc.record({ hosts: fc.array(host, { minLength: hosts, maxLength: hosts }) });
}

export interface NginxGate extends AsyncDisposable {
  readonly port: number;
  /** Makes these all that is served; resolves when Envoy has taken it. */
  readonly apply: (hosts: readonly RoutedHost[]) => Promise<void>;
}

/** A gate with its upstreams. */
export async function startNginxGate(settings: TestGateSettings = {}): Promise<NginxGate> {
  await using undo = new AsyncDisposableStack();
  const echoes = await Promise.all(
    upstreams.map(async (name) => [name, undo.use(await startWireEcho(name)).port] as const),
  );
  const gate = undo.use(await startTestGate(settings));
  const running = undo.move();
  return {
    port: gate.http,
    apply: async (hosts) => {
      const refused = await gate.apply(objectsOf(hosts, Object.fromEntries(echoes)));
      assert.deepEqual(refused, [], "Envoy takes all of it");
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** How many answers were nginx's own, and how many each explanation was needed for. */
export interface Tally {
  answers: number;
  asNginx: number;
  readonly explained: Map<string, number>;
}

/** Plays a round; throws an error that shows all differences. */
export async function play(gate: NginxGate, round: Round, tally: Tally): Promise<void> {
  const hosts = round.hosts.map((host, index) => ({ ...host, name: `h${index}.test` }));
  await gate.apply(hosts);
  const shots = hosts.flatMap(({ name, routes: own, aims: targets }) =>
    targets.map((aim) => ({ name, own, request: shoot(own, aim) })),
  );
  const draws = new Draws();
  const differences = await playAll(shots, async ({ name, own, request }) => {
    const got = formatWire(await send(gate.port, name, request), name, passed);
    tally.answers += 1;
    const ofNginx = formatChances(judgeChances(locationsOf(own), request), passed);
    if (ofNginx.has(got)) {
      tally.asNginx += 1;
      draws.count(ofNginx, got);
      return undefined;
    }
    const reasons = Object.keys(explained).filter((why) => explained[why]?.(request, own));
    for (const why of reasons) tally.explained.set(why, (tally.explained.get(why) ?? 0) + 1);
    const inEnvoy = judgeChances(locationsOf(own, quotePattern), request, envoyReading);
    const read = formatChances(inEnvoy, passed);
    if (reasons.length > 0 && read.has(got)) return undefined;
    if (got === "403" && hidesClimb(request)) return undefined;
    const wanted = [...(reasons.length > 0 ? read : ofNginx).keys()].join(" or ");
    return `${JSON.stringify(request)}: wanted ${wanted}, got ${got}, with ${JSON.stringify(own)}`;
  });
  const all = [...differences, ...draws.differences()];
  demandNone(all.slice(0, 10), () => `${all.length} differences`);
}

function passed({ upstream, target }: Pick<Passed, "upstream" | "target">): string {
  return `${upstream} with ${target}`;
}
