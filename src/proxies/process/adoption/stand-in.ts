/**
 * An Envoy in the place of a retiring one that died: without listeners, it only answers the one that took over.
 *
 *   heir ──"parent"──▶ (dead)                 heir ──"parent"──▶ link ──▶ stand-in
 *        tries for 10 s, then aborts                ◀── link ◀──"child"──┘
 *
 * Envoy takes its parent for alive until it ended it itself, and asks it whenever statistics are asked for. It ends the
 * stand-in as it would have ended the dead one.
 */

import path from "node:path";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { ageOf, argumentsOf } from "#runtime/processes/process-table.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import type { EnvoyPaths } from "../envoy-paths.ts";
import { commandOf, type LaunchSettings, lifetimeOption, readBaseId } from "../launch.ts";
import { type EnvoyRoster, identityOf, type RecordedEnvoy } from "./envoy-roster.ts";
import { type SocketRole, socketArguments, socketName } from "./restart-sockets.ts";
import { sharedMemoryOf } from "./shared-memory.ts";

interface StandInDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly processes: Processes;
}

export interface StandIn {
  readonly identity: ProcessIdentity;
  readonly heir: ProcessIdentity;
}

const lookEvery = Temporal.Duration.from({ milliseconds: 20 });
/** 10 s: so long an Envoy tries to reach its parent. */
const mostLooks = 500;

/**
 * Starts one for an Envoy that is gone, and writes it down in its place; undefined when nobody would ask it. One that
 * died in its turn gets none.
 */
export async function standInFor(
  deps: StandInDeps,
  settings: LaunchSettings,
  roster: EnvoyRoster,
  gone: RecordedEnvoy,
): Promise<StandIn | undefined> {
  const heir = gone.state === "retiring" ? roster.heirOf(gone) : undefined;
  if (heir?.state !== "serving" || roster.isHandingOver) return undefined;
  if (!(await awaitsParent(deps, identityOf(heir)))) return undefined;
  const heirsId = await readBaseId(deps.files, settings.paths.baseId);
  if (heirsId === undefined) return undefined;
  const { identity, baseId } = await start(deps, settings);
  await roster.replace(gone, { ...gone, ...identity, state: "standing-in" });
  if (baseId !== undefined) await lead(deps.files, settings.paths, { baseId, heirsId }, heir.epoch);
  return { identity, heir: identityOf(heir) };
}

/** It ends its parent at a certain age and asks no more. */
async function awaitsParent(
  { files, processes }: StandInDeps,
  heir: ProcessIdentity,
): Promise<boolean> {
  if (!(await processes.alive(heir))) return false;
  const args = await argumentsOf(files, heir.pid);
  const lifetime = Number(args[args.indexOf(lifetimeOption) + 1]);
  const age = await ageOf(files, heir);
  return age !== undefined && age.total("seconds") < lifetime;
}

async function start(
  { clock, files, processes }: StandInDeps,
  settings: LaunchSettings,
): Promise<{ readonly identity: ProcessIdentity; readonly baseId: string | undefined }> {
  const { paths } = settings;
  await files.remove(paths.standInBaseId);
  const { identity } = await processes.start(commandOf(settings, standInArguments(paths)));
  let baseId: string | undefined;
  // Written when the sockets are there.
  for (let look = 0; baseId === undefined && look < mostLooks; look += 1) {
    if (!(await processes.alive(identity))) break;
    await clock.sleep(lookEvery);
    baseId = await readBaseId(files, paths.standInBaseId);
  }
  await files.remove(paths.standInBaseId);
  // It has it in memory, and nobody else will look for it.
  if (baseId !== undefined) await files.remove(sharedMemoryOf(baseId));
  return { identity, baseId };
}

function standInArguments(paths: EnvoyPaths): readonly string[] {
  return [
    ...["--config-yaml", "{}", "--concurrency", "1"],
    ...["--log-path", paths.log, "--log-level", "warning"],
    ...["--use-dynamic-base-id", "--base-id-path", paths.standInBaseId],
    ...socketArguments(paths),
  ];
}

/** Questions lead to the stand-in, which is the first of its base id, and its answers to the heir. */
async function lead(
  files: Files,
  { sockets }: EnvoyPaths,
  { baseId, heirsId }: { readonly baseId: string; readonly heirsId: string },
  epoch: number,
): Promise<void> {
  const link = (from: string, to: string): Promise<void> =>
    files.replaceByLink(path.join(sockets, from), to);
  // Answers first: the question that waits is asked again at any moment.
  for (const role of ["child", "udp_child"] satisfies readonly SocketRole[]) {
    await link(socketName(role, baseId, 1), socketName(role, heirsId, epoch));
  }
  for (const role of ["parent", "udp_parent"] satisfies readonly SocketRole[]) {
    await link(socketName(role, heirsId, epoch - 1), socketName(role, baseId, 0));
  }
}
