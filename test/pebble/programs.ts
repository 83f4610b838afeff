/** Pebble and its DNS server, built once of the version that test/lab/programs/pebble/go.mod pins. */

import { join } from "node:path";
import { keepInUse } from "#test/lab/build/cache.ts";
import { bringGo, goVersion } from "#test/lab/build/tools.ts";

export interface PebblePrograms {
  readonly pebble: string;
  /** pebble-challtestsrv: a DNS server that answers what it is told. */
  readonly names: string;
}

const folder = "github.com/letsencrypt/pebble/v2/cmd";

/** Builds what is not there, and says so on standard error. */
export async function bringPebble(): Promise<PebblePrograms> {
  const go = goVersion();
  const [pebble, names] = [
    await bring("pebble", "building Pebble, a certificate authority for tests", go),
    await bring("pebble-challtestsrv", "building its DNS server", go),
  ];
  keepInUse([pebble, names]);
  return { pebble: join(pebble, "pebble"), names: join(names, "pebble-challtestsrv") };
}

function bring(name: string, title: string, go: string): Promise<string> {
  const build = { module: "pebble", package: `${folder}/${name}` };
  return bringGo({ build, title, names: [name] }, go);
}
