/** How a supervisor begins: with the Envoy of an earlier run, a hot restart of it, or one of its own. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import { processesWith } from "#runtime/processes/process-table.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import type { EnvoyAdmin } from "../admin.ts";
import { endProcess } from "../end-process.ts";
import type { EnvoyPaths } from "../envoy-paths.ts";
import { envoyMark, fingerprintOf, type LaunchSettings } from "../launch.ts";
import { type EnvoyRoster, identityOf, type RecordedEnvoy } from "./envoy-roster.ts";
import { whyNoHotRestart } from "./hot-restart-version.ts";

export type Beginning =
  /** None runs. */
  | { readonly kind: "fresh" }
  /** One runs with just these settings. */
  | { readonly kind: "adopt"; readonly envoy: RecordedEnvoy }
  /** One runs with other settings, and its listeners can be handed over. */
  | { readonly kind: "hot-restart"; readonly envoy: RecordedEnvoy }
  /** We were killed while one took over from another. */
  | {
      readonly kind: "taking-over";
      readonly envoy: RecordedEnvoy;
      readonly successor: RecordedEnvoy;
    }
  /** One runs with other settings, and it has to end first: why. */
  | { readonly kind: "replace"; readonly envoy: RecordedEnvoy; readonly why: string };

export interface BeginningDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly processes: Processes;
  readonly admin: Pick<EnvoyAdmin, "isReady">;
}

/**
 * Looks who runs. What the roster does not know but bears the mark of this directory (the roster was damaged, or we
 * were killed before we wrote) is ended; so is nothing else.
 */
export async function findBeginning(
  deps: BeginningDeps,
  settings: LaunchSettings,
  roster: EnvoyRoster,
): Promise<Beginning> {
  await roster.load();
  for (const entry of roster.foreign) {
    const identity = identityOf(entry);
    if (await deps.processes.alive(identity)) await endProcess(deps, identity);
  }
  for (const entry of roster.envoys) {
    // One that retired and died may need a stand-in.
    if (entry.state === "retiring" && roster.heirOf(entry) !== undefined) continue;
    const identity = identityOf(entry);
    if (!(await deps.processes.alive(identity))) await roster.remove(identity);
  }
  const strays = await findStrays(deps, settings.paths, roster.envoys);
  await Promise.all(strays.map((stray) => endProcess(deps, stray)));
  const successor = roster.envoys.findLast(({ state }) => state === "starting");
  const serving = roster.envoys.findLast(({ state }) => state === "serving");
  if (serving !== undefined && successor !== undefined) {
    return { kind: "taking-over", envoy: serving, successor };
  }
  const envoy = serving ?? (await soleSuccessor(deps, roster, successor));
  if (envoy === undefined) return { kind: "fresh" };
  if (envoy.fingerprint === fingerprintOf(settings)) return { kind: "adopt", envoy };
  const why = await whyNoHotRestart(deps, settings, envoy);
  return why === undefined ? { kind: "hot-restart", envoy } : { kind: "replace", envoy, why };
}

/** One whose predecessor is gone: it took over before we wrote that down, or it waits for what never comes. */
async function soleSuccessor(
  deps: BeginningDeps,
  roster: EnvoyRoster,
  successor: RecordedEnvoy | undefined,
): Promise<RecordedEnvoy | undefined> {
  if (successor === undefined) return undefined;
  const identity = identityOf(successor);
  if (await deps.admin.isReady()) {
    await roster.handOver(identity);
    return successor;
  }
  await endProcess(deps, identity);
  await roster.remove(identity);
  return undefined;
}

/** What runs from this directory, but for those `known`. */
export async function findStrays(
  { files }: Pick<BeginningDeps, "files">,
  paths: EnvoyPaths,
  known: readonly RecordedEnvoy[],
): Promise<readonly ProcessIdentity[]> {
  const marked = await processesWith(files, envoyMark(paths));
  return marked.filter(({ pid }) => !known.some((entry) => entry.pid === pid));
}
