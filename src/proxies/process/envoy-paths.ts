/** Where one Envoy's files are: all in one directory of mode 0700 that is its own. */

import path from "node:path";

export interface EnvoyPaths {
  readonly directory: string;
  /** What Envoy is started with (binary: Envoy goes by the ending). */
  readonly bootstrap: string;
  readonly adminSocket: string;
  /** Where xDS may listen for this Envoy. */
  readonly xdsSocket: string;
  /** Where the authorization adapter answers this Envoy. */
  readonly authorizationSocket: string;
  /** What the adapter says. */
  readonly adapterLog: string;
  /** Which adapter runs. */
  readonly adapterRoster: string;
  /** Envoy's own log. */
  readonly log: string;
  /** Standard output and error: what Envoy says before it has a log, and when it crashes. */
  readonly output: string;
  readonly accessLog: string;
  /** The number under which a later Envoy finds this one for a hot restart. */
  readonly baseId: string;
  /** The same of a stand-in, while it starts: see `adoption/stand-in.ts`. */
  readonly standInBaseId: string;
  /** Where the Envoys of a hot restart talk to each other: see `adoption/restart-sockets.ts`. */
  readonly sockets: string;
  /** Who runs: see `adoption/envoy-roster.ts`. */
  readonly roster: string;
}

/** `directory` is absolute and short: see `isSocketPath` in `bootstrap.ts`. */
export function envoyPaths(directory: string): EnvoyPaths {
  const inside = (name: string): string => path.join(directory, name);
  return {
    directory,
    bootstrap: inside("bootstrap.pb"),
    adminSocket: inside("admin.sock"),
    xdsSocket: inside("xds.sock"),
    authorizationSocket: inside("authorization.sock"),
    adapterLog: inside("authorization.log"),
    adapterRoster: inside("authorization.json"),
    log: inside("envoy.log"),
    output: inside("envoy.out"),
    accessLog: inside("access.log"),
    baseId: inside("base-id"),
    standInBaseId: inside("stand-in-base-id"),
    sockets: inside("sockets"),
    roster: inside("running.json"),
  };
}
