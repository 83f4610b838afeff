/** Ends the Envoys that a killed control plane left, requests under way first. */

import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { SocketHttp } from "#runtime/http/socket-http.ts";
import type { Processes, ProcessIdentity } from "#runtime/processes/processes.ts";
import { createEnvoyAdmin } from "../admin.ts";
import { type DrainSettings, drain } from "../drain.ts";
import { endProcess } from "../end-process.ts";
import type { EnvoyPaths } from "../envoy-paths.ts";
import { removeLeftovers } from "../launch.ts";
import { findStrays } from "./beginning.ts";
import { EnvoyRoster, identityOf } from "./envoy-roster.ts";

/** Which there were. Throws FilesError and ProcessError. */
export async function endEnvoys(
  deps: {
    readonly clock: Clock;
    readonly files: Files;
    readonly processes: Processes;
    readonly http: SocketHttp;
  },
  paths: EnvoyPaths,
  settings: DrainSettings,
): Promise<readonly ProcessIdentity[]> {
  const { clock, files, processes, http } = deps;
  const roster = new EnvoyRoster(files, paths.roster);
  await roster.load();
  const known = [...roster.envoys, ...roster.foreign].map(identityOf);
  const alive = await Promise.all(known.map((identity) => processes.alive(identity)));
  const strays = await findStrays(deps, paths, roster.envoys);
  const left = [...known.filter((_, index) => alive[index]), ...strays];
  if (left.length > 0) {
    // Should we be killed on the way, nobody may take one without listeners for one that serves.
    for (const identity of known) await roster.retire(identity);
    const admin = createEnvoyAdmin(http, paths.adminSocket);
    await drain({ clock, admin }, settings, new AbortController().signal);
    await Promise.all(left.map((identity) => endProcess(deps, identity)));
  }
  for (const identity of known) await roster.remove(identity);
  await removeLeftovers(files, paths);
  return left;
}
