/** What every other proxy has in common: its program is somebody else's, and it is given a world as files. */

import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { processTree } from "../../measure/process-cost.ts";
import type { Wanted } from "../../programs/find-program.ts";
import { startProgram } from "../../programs/program.ts";
import type { Change, World } from "../../world/world.ts";
import type { RunningSubject, Subject } from "../subject.ts";

export interface Peer {
  readonly name: string;
  readonly how: string;
  readonly wanted: Wanted;
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[];
  readonly restMs?: number;
  /** Writes its configuration and says how to start it and how to change it. */
  readonly prepare: (world: World, place: Place) => Promise<Prepared>;
}

export interface Place {
  readonly directory: string;
  readonly http: number;
  readonly https: number;
}

export interface Prepared {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Told of changes of routes and of certificates; the world has them already. */
  readonly apply: (change: Change, pid: number) => Promise<void>;
}

export function subjectOf(peer: Peer, program: string): Subject {
  return {
    name: peer.name,
    how: peer.how,
    version: versionOf(program, peer.versionArgs),
    changes: ["route", "certificate"],
    ...(peer.restMs === undefined ? {} : { restMs: peer.restMs }),
    start: (world, directory) => start(peer, { program, world, directory }),
  };
}

interface Start {
  readonly program: string;
  readonly world: World;
  readonly directory: string;
}

async function start(peer: Peer, { program, world, directory }: Start): Promise<RunningSubject> {
  const ports = await freePorts("http", "https");
  const prepared = await peer.prepare(world, { directory, ...ports });
  const startedAt = performance.now();
  const running = await startProgram({
    command: program,
    args: prepared.args,
    ...(prepared.env === undefined ? {} : { env: prepared.env }),
    log: join(directory, "program.log"),
    directory,
  });
  return {
    ...ports,
    startedAt,
    processes: () => ({ proxy: processTree(running.pid), control: [] }),
    apply: (change) => prepared.apply(change, running.pid),
    death: running.death,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function versionOf(program: string, args: readonly string[]): string {
  const text = execFileSync("sh", ["-c", '"$0" "$@" 2>&1', program, ...args], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return /\d+\.\d+\.\d+/.exec(text)?.[0] ?? "of an unknown version";
}

/** In one step, as a reader must never find half of it. */
export function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export function certificateFiles(directory: string, host: number): CertificateFiles {
  const base = join(directory, "certificates", `${host}`);
  return { certificate: `${base}.crt`, key: `${base}.key` };
}

/** The key first: who reads between the two writes finds a pair that does not match either way. */
export function writeCertificate(world: World, directory: string, host: number): void {
  const files = certificateFiles(directory, host);
  const pair = world.pairOf(host);
  replaceFile(files.key, pair.key);
  replaceFile(files.certificate, pair.certificate);
}

/** The hosts of a world with single routes, each with where its requests go. */
export function hostRoutes(
  world: World,
): readonly { readonly host: number; readonly name: string; readonly port: number }[] {
  if (world.shape.routesPerHost !== 1) throw new Error("peers are measured with a route a host");
  return Array.from({ length: world.shape.hosts }, (_, host) => ({
    host,
    name: world.hostName(host),
    port: world.portOf(host),
  }));
}
