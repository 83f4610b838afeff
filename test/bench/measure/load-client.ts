/** wrk and h2load as clients that ask as fast as they are answered, and what they say of it. */

import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { percentile } from "./statistics.ts";

const run = promisify(execFile);

export const loadModes = ["HTTP/1.1", "HTTPS", "HTTP/2", "HTTPS, new each time"] as const;
export type LoadMode = (typeof loadModes)[number];

export interface LoadTarget {
  readonly mode: LoadMode;
  /** A name that leads to this machine, so that it is the server name as well. */
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
}

export interface LoadPrograms {
  readonly wrk: string;
  readonly h2load: string;
  /** Put before their commands: pins them to a core. */
  readonly prefix: readonly string[];
  /** For what they write. */
  readonly directory: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and connections that broke. */
  readonly failed: number;
}

const connections = 50;

type Client = (programs: LoadPrograms, target: LoadTarget) => Promise<LoadResult>;

/** wrk resumes TLS sessions when it opens a connection anew, so full handshakes are h2load's. */
const clients: Readonly<Record<LoadMode, Client>> = {
  "HTTP/1.1": runWrk,
  HTTPS: runWrk,
  "HTTP/2": runH2load,
  "HTTPS, new each time": runNewConnections,
};

/** Opened at this rate, which any proxy here can bear. */
const newPerSecond = 500;

export async function askUnderLoad(
  programs: LoadPrograms,
  target: LoadTarget,
): Promise<LoadResult> {
  const result = await clients[target.mode](programs, target);
  if (result.requests === 0) throw new Error(`nothing was answered over ${target.mode}`);
  return result;
}

async function runWrk(programs: LoadPrograms, target: LoadTarget): Promise<LoadResult> {
  const scheme = target.mode === "HTTP/1.1" ? "http" : "https";
  const url = `${scheme}://${target.host}:${target.port}/`;
  const options = ["-t1", `-c${connections}`, `-d${target.seconds}s`, "--latency"];
  return parseWrk(await output([...programs.prefix, programs.wrk, ...options, url], target));
}

async function runH2load(programs: LoadPrograms, target: LoadTarget): Promise<LoadResult> {
  const log = join(programs.directory, "h2load.log");
  const url = `https://${target.host}:${target.port}/`;
  const options = [`-c${connections}`, "-m1", `-D${target.seconds}`, `--log-file=${log}`];
  const text = await output([...programs.prefix, programs.h2load, ...options, url], target);
  const times = readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [Number(line.split("\t")[2]) / 1000]));
  rmSync(log, { force: true });
  return { ...parseH2load(text), p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

/** One request on each connection; how long each took is not told with its handshake. */
async function runNewConnections(programs: LoadPrograms, target: LoadTarget): Promise<LoadResult> {
  const count = newPerSecond * target.seconds;
  const rate = [`-r${newPerSecond / 20}`, "--rate-period=50ms"];
  const options = ["--h1", `-n${count}`, `-c${count}`, ...rate];
  const url = `https://${target.host}:${target.port}/`;
  const text = await output([...programs.prefix, programs.h2load, ...options, url], target);
  return { ...parseH2load(text), p50Ms: Number.NaN, p99Ms: Number.NaN };
}

/** h2load can hang when handshakes are refused. */
async function output(command: readonly string[], { seconds }: LoadTarget): Promise<string> {
  const [program = "", ...args] = command;
  const { stdout } = await run(program, args, { timeout: (seconds + 20) * 1000 });
  return stdout;
}

export function parseWrk(text: string): LoadResult {
  const count = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  const socketErrors = [...text.matchAll(/(?:connect|read|write|timeout) (\d+)/g)];
  return {
    requests: count(/(\d+) requests in /),
    perSecond: count(/Requests\/sec: +([\d.]+)/),
    p50Ms: milliseconds(/^ +50% +(\S+)$/m.exec(text)?.[1]),
    p99Ms: milliseconds(/^ +99% +(\S+)$/m.exec(text)?.[1]),
    failed:
      count(/Non-2xx or 3xx responses: (\d+)/) +
      socketErrors.reduce((sum, [, errors]) => sum + Number(errors), 0),
  };
}

export function parseH2load(text: string): Omit<LoadResult, "p50Ms" | "p99Ms"> {
  const count = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? 0);
  return {
    requests: count(/status codes: (\d+) 2xx/),
    perSecond: count(/, ([\d.]+) req\/s,/),
    failed: count(/ (\d+) failed,/),
  };
}

/** `812.00us`, `2.31ms`, `1.02s`. */
function milliseconds(text: string | undefined): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text ?? "") ?? [];
  const factor = unit === "us" ? 0.001 : unit === "ms" ? 1 : 1000;
  return value === undefined ? Number.NaN : Number(value) * factor;
}
