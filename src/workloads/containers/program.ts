/** What to run for a container: its image's command from `images:` or a built-in stand-in. */

import { contentHash } from "#base/content-hash.ts";
import type { Container } from "#kinds/pod-template.ts";
import { standIns } from "../images/all.ts";
import type { StandIn } from "../images/stand-in.ts";
import { findImage } from "./image-name.ts";

/** One entry of `images:` in sekisho.yaml. */
export interface ImageCommand {
  /** The program and its fixed arguments; without one the built-in stand-in is run with what else is said here. */
  readonly command?: readonly string[];
  /** Arguments when the container gives none, as an image's CMD. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /**
   * Whether commands written in manifests (`command`, exec probes and hooks) run on this machine. Off by default: a
   * manifest alone must not choose programs.
   */
  readonly manifestCommands?: boolean;
}

export type Images = Readonly<Record<string, ImageCommand>>;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string | undefined;
  /** The stand-in's name; undefined for a program of the user's. */
  readonly standIn: string | undefined;
  /** The port it listens on when the container declares none. */
  readonly defaultPort: number | undefined;
  readonly manifestCommands: boolean;
}

/** Equal for programs of which one need not be ended to have the other: a stand-in's file may have moved. */
export function programId({ standIn, command, args, workingDir }: Program): string {
  const what = standIn === undefined ? [command, ...args] : [standIn, ...args.slice(1)];
  return contentHash(...what, workingDir ?? "");
}

/** The program for a container before its arguments are expanded; undefined when nothing is known for its image. */
export function findProgram(
  container: Container,
  images: Images,
  nodePath: string,
): Program | undefined {
  const mapped = findImage(
    Object.entries(images).map(([pattern, entry]) => ({ pattern, entry })),
    container.image,
  );
  const entry = mapped?.entry;
  if (entry?.command !== undefined) return fromMapping(container, entry, entry.command);
  const patterns = standIns.flatMap((standIn) =>
    standIn.patterns.map((pattern) => ({ pattern, standIn })),
  );
  const found = findImage(patterns, container.image);
  if (found === undefined) return undefined;
  return fromStandIn(container, found.standIn, entry ?? {}, nodePath);
}

function fromMapping(
  container: Container,
  entry: ImageCommand,
  program: readonly string[],
): Program | undefined {
  const own = entry.manifestCommands === true ? container.command : undefined;
  const given = own !== undefined && own.length > 0 ? own : program;
  const [command, ...fixed] = given;
  if (command === undefined) return undefined;
  // As in Kubernetes, a command of the container's own drops the image's arguments.
  const fallback = given === own ? [] : (entry.args ?? []);
  return {
    command,
    args: [...fixed, ...(container.args ?? fallback)],
    env: entry.env ?? {},
    workingDir: container.workingDir ?? entry.workingDir,
    standIn: undefined,
    defaultPort: undefined,
    manifestCommands: entry.manifestCommands === true,
  };
}

function fromStandIn(
  container: Container,
  standIn: StandIn,
  entry: ImageCommand,
  nodePath: string,
): Program {
  return {
    command: nodePath,
    args: [standIn.file, ...(container.args ?? entry.args ?? [])],
    env: entry.env ?? {},
    workingDir: undefined,
    standIn: standIn.name,
    defaultPort: standIn.defaultPort,
    manifestCommands: false,
  };
}

/** Variables that would let a manifest choose code for our own Node to run; stand-ins never get them. */
export function isCodeVariable(name: string): boolean {
  return /^(NODE_|LD_|BASH_ENV$|ENV$)/.test(name);
}
