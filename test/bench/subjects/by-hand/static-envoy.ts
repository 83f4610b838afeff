/** Envoy run with one file that somebody wrote for one world: what ours is held against. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "#base/json.ts";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { startProgram } from "../../programs/program.ts";
import type { World } from "../../world/world.ts";
import type { RunningSubject, Subject } from "../subject.ts";

/** Where its files are and where it listens. */
export interface Place {
  readonly directory: string;
  readonly http: number;
  readonly https: number;
}

export interface StaticEnvoy {
  readonly name: string;
  readonly how: string;
  readonly version: string;
  readonly bootstrap: (world: World, place: Place) => JsonObject;
}

export function staticEnvoy({ name, how, version, bootstrap }: StaticEnvoy): Subject {
  return {
    ...{ name, how, version },
    changes: [],
    start: async (world, directory) => {
      const ports = await freePorts("http", "https");
      return await start(bootstrap(world, { directory, ...ports }), { directory, ...ports });
    },
  };
}

async function start(
  bootstrap: JsonObject,
  { directory, http, https }: Place,
): Promise<RunningSubject> {
  const file = join(directory, "envoy.json");
  writeFileSync(file, JSON.stringify(bootstrap));
  const startedAt = performance.now();
  const program = await startProgram({
    command: await envoyProgram(),
    args: [
      ...["-c", file, "--concurrency", "1"],
      ...["--disable-hot-restart", "--log-level", "warning"],
    ],
    log: join(directory, "envoy.log"),
    directory,
  });
  return {
    http,
    https,
    startedAt,
    processes: () => ({ proxy: [program.pid], control: [] }),
    apply: () => Promise.reject(new Error("a static configuration does not change")),
    death: program.death,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
