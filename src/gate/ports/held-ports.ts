/** The ports that a gate serves, kept for the next one: an Envoy that outlives the gate still holds them. */

import path from "node:path";
import type { Json } from "#base/json.ts";
import { fields, integer, optional, required } from "#base/schema.ts";
import { EnvoyRoster, identityOf } from "#proxies/process/adoption/envoy-roster.ts";
import { envoyPaths } from "#proxies/process/envoy-paths.ts";
import type { Files } from "#runtime/files.ts";
import { FilesError } from "#runtime/files.ts";
import type { Processes } from "#runtime/processes/processes.ts";
import type { Ports } from "./ports.ts";

const port = required(integer(1, 65535));
const ports = fields({ http: port, https: port, lowPortShift: optional(integer(0, 64_511)) });

/** Writes down what is served from now on. */
export async function keepPorts(files: Files, data: string, held: Ports): Promise<void> {
  const { http, https, lowPortShift = 0 } = held;
  await files.replace(fileOf(data), `${JSON.stringify({ http, https, lowPortShift })}\n`, 0o600);
}

/** The ports that an Envoy of this data directory holds although no gate runs; undefined when there is none. */
export async function readHeldPorts(
  deps: { readonly files: Files; readonly processes: Processes },
  data: string,
): Promise<Ports | undefined> {
  const roster = new EnvoyRoster(deps.files, envoyPaths(path.join(data, "envoy")).roster);
  await roster.load();
  const alive = await Promise.all(
    roster.envoys.map((entry) => deps.processes.alive(identityOf(entry))),
  );
  return alive.includes(true) ? await readPorts(deps.files, data) : undefined;
}

async function readPorts(files: Files, data: string): Promise<Ports | undefined> {
  try {
    const text = new TextDecoder().decode(await files.read(fileOf(data), 1024));
    return ports(JSON.parse(text) as Json, { path: "", problems: [] });
  } catch (cause) {
    // Nothing usable was written down: every port is looked for as in the first run.
    if (cause instanceof FilesError || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function fileOf(data: string): string {
  return path.join(data, "ports.json");
}
