/** Which programs of this machine stand for which container images in a lab. */

import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";
import { repository } from "#test/system/harness/program.ts";
import { standIns } from "#workloads/images/all.ts";
import type { StandIn } from "#workloads/images/stand-in.ts";

/** One program; podhost reads a list of them. */
export interface LabImage {
  /** Image patterns as in `images:` of sekisho.yaml; the one with the most fixed characters wins, then the first. */
  readonly patterns: readonly string[];
  /** Its entrypoint, as seen in the container. */
  readonly command: readonly string[];
  /** Its arguments when the container gives none. */
  readonly args?: readonly string[];
  /** `$(PATH)` is the machine's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Place in the container → file or folder of this machine, shown there read-only. */
  readonly binds?: Readonly<Record<string, string>>;
}

/** Where programs are in their containers; no volume of a manifest is mounted over it. */
const place = "/.image";

/** What `./sekisho` gives to Node. */
const nodeFlags = readFileSync(join(repository, "tools/node-flags"), "utf8").trim().split(" ");

const node = `${place}/node/${basename(process.execPath)}`;
const checkout = `${place}/sekisho`;

/** Our Node and this checkout, at places that do not depend on the machine. */
const ours = {
  binds: { [`${place}/node`]: dirname(process.execPath), [checkout]: repository },
  env: { PATH: `${checkout}:${place}/node:$(PATH)` },
};

/** The image of a lone program; the command of a container may name it, too. */
export function programImage(pattern: string, program: string): LabImage {
  const folder = `${place}/${basename(program)}`;
  // A link would lead to nowhere from a container, whose /tmp is its own.
  const file = realpathSync(program);
  return {
    patterns: [pattern],
    command: [`${folder}/${basename(file)}`],
    binds: { [folder]: dirname(file) },
    env: { PATH: `${folder}:$(PATH)` },
  };
}

/** Every image that a lab knows; `programs` is the folder of the lab's own, see build/tools.ts. */
export async function labImages(programs: string): Promise<readonly LabImage[]> {
  const small = withNetfilter(programs);
  return [
    { ...ours, patterns: ["sekisho"], command: [node, ...nodeFlags, `${checkout}/src/main.ts`] },
    programImage("envoy", await envoyProgram()),
    programImage("coredns", join(programs, "coredns")),
    ...standIns.map(standInImage),
    // Unlike sleep alone it ends when it is asked to.
    {
      ...small,
      patterns: ["pause"],
      command: ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"],
    },
    // The machine's own commands stand for those of small systems.
    { ...small, patterns: ["busybox", "alpine", "debian", "ubuntu"], command: ["sh"] },
    { patterns: ["curl"], command: ["curl"] },
  ];
}

/** `nft` and `iptables`, which may be the lab's own, wherever its cache is. */
function withNetfilter(programs: string): Pick<LabImage, "binds" | "env"> {
  const folder = realpathSync(dirname(readlinkSync(join(programs, "nft"))));
  return {
    binds: { [`${place}/netfilter`]: folder },
    env: { PATH: `${place}/netfilter:$(PATH)` },
  };
}

/** As an image it listens on its own port of every address of the pod. */
function standInImage({ patterns, file, defaultPort }: StandIn): LabImage {
  return {
    patterns,
    command: [node, ...nodeFlags, file.replace(repository, `${checkout}/`)],
    binds: ours.binds,
    env: { ...ours.env, PORT: `${defaultPort}`, POD_IP: "0.0.0.0" },
  };
}
