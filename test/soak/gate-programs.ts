/** Which processes a running gate consists of, as its data directory says. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface GatePrograms {
  readonly controlPlane: number;
  readonly envoys: readonly number[];
}

/** Their process numbers. */
export function gatePrograms(data: string): GatePrograms {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(data, file), "utf8"));
  const holder = read("holder.json") as { readonly pid: number };
  const { envoys } = read("envoy/running.json") as { readonly envoys: readonly { pid: number }[] };
  return { controlPlane: holder.pid, envoys: envoys.map(({ pid }) => pid) };
}

/** All of them. */
export function processesOf(data: string): readonly number[] {
  const { controlPlane, envoys } = gatePrograms(data);
  return [controlPlane, ...envoys];
}
