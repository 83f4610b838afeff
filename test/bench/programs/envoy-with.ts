/** An Envoy whose bootstrap says something more than the one it is given: for options that we do not set, tried. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { BootstrapSchema } from "#gen/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";

/** A program to name in Envoy's place: workers make clusters when they are first used. */
export function deferredClusters(directory: string): Promise<string> {
  const more = create(BootstrapSchema, { clusterManager: { enableDeferredClusterCreation: true } });
  return envoyWith(directory, toBinary(BootstrapSchema, more));
}

/** Encoded messages put one behind the other are merged when they are read, so the addition is appended to the file. */
async function envoyWith(directory: string, more: Uint8Array): Promise<string> {
  const addition = join(directory, "bootstrap-addition.pb");
  writeFileSync(addition, more);
  const program = join(directory, "envoy-with");
  const script = [
    "#!/bin/sh",
    `if [ "$1" = --config-path ]; then cat '${addition}' >> "$2" || exit 1; fi`,
    `exec '${await envoyProgram()}' "$@"`,
    "",
  ].join("\n");
  writeFileSync(program, script, { mode: 0o700 });
  return program;
}
