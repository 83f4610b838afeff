/**
 * The sockets at which the Envoys of a hot restart talk to each other, under the names that Envoy gives them. They are
 * files, not abstract: only who may enter the directory can speak to an Envoy, and one can take the place of another.
 */

import path from "node:path";
import type { EnvoyPaths } from "../envoy-paths.ts";

/** `parent` and `udp_parent` are asked by the next Envoy; `child` and `udp_child` get the answers. */
export type SocketRole = "parent" | "udp_parent" | "child" | "udp_child";

/** Envoys of one base id that can be there at a time: their names come round again. */
const mostAtOnce = 3;

/** The arguments by which an Envoy that runs in `paths.directory` finds them: from there, as names of sockets are short. */
export function socketArguments({ directory, sockets }: EnvoyPaths): readonly string[] {
  return ["--socket-path", path.join(path.relative(directory, sockets), "envoy")];
}

/** Envoy scales the base id by ten, in 32 bits with a sign, and widens that to 64 without one. */
export function socketName(role: SocketRole, baseId: string, epoch: number): string {
  const scaled = BigInt.asIntN(32, BigInt(baseId) * 10n);
  return `envoy_${role}_${BigInt.asUintN(64, scaled + BigInt(epoch % mostAtOnce))}`;
}
