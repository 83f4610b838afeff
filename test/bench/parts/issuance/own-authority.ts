/** Certificates of an authority of one's own, on one machine: what issuing, resting and starting again cost. */

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { askGate } from "#api/gate-calls.ts";
import { createRemoteStore } from "#api/remote-store.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { issuerKind } from "#kinds/cert-manager/issuer.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import { createLocalSocket } from "#runtime/network/real-local-socket.ts";
import { envoyProgram } from "#test/system/harness/envoy-program.ts";
import { repository } from "#test/system/harness/program.ts";
import { freePorts } from "#test/system/harness/real-envoy.ts";
import { cpuMsOf, memoryOf } from "../../measure/process-cost.ts";
import { formatNumber } from "../../measure/statistics.ts";
import { pause, until } from "../../measure/waiting.ts";
import { type Program, startProgram } from "../../programs/program.ts";
import { atMost, type Bar, type Figure, type Table } from "../../report/report.ts";
import type { BenchContext } from "../part.ts";

const socket = createLocalSocket();
const longestMs = 300_000;
const lookEveryMs = 500;

interface Issued {
  readonly certificates: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly writes: number;
}

interface AtRest {
  /** Until all are known to be ready, and one more is issued, which comes behind all others. */
  readonly restartMs: number;
  readonly restartCpuMs: number;
  readonly residentKb: number;
  readonly writesPerMinute: number;
}

export async function measureOwnAuthority(context: BenchContext): Promise<{
  readonly tables: readonly Table[];
  readonly bars: readonly Bar[];
  readonly figures: readonly Figure[];
}> {
  const { own, atRest } = context.plan.issuance;
  const issued: Issued[] = [];
  for (const count of own) {
    context.progress(`${count} certificates of an authority of one's own`);
    await using gate = await startGate(context);
    issued.push(await issue(gate, count));
  }
  context.progress(`${atRest} certificates at rest`);
  await using gate = await startGate(context);
  issued.push(await issue(gate, atRest));
  const rest = await restart(gate, atRest, context.plan.issuance.restSeconds);
  const most = issued.reduce((one, other) => (other.cpuMs > one.cpuMs ? other : one));
  return {
    tables: [issuedTable(issued), restTable(atRest, rest)],
    bars: [
      atMost("processor seconds for 1,000", most.cpuMs / most.certificates, 3, "s"),
      atMost(`memory with ${formatNumber(atRest)} at rest`, rest.residentKb / 1024, 250, "MiB"),
      atMost("writes a minute at rest", rest.writesPerMinute, 0, ""),
      atMost(`start with ${formatNumber(atRest)}`, rest.restartMs / 1000, 20, "s"),
    ],
    figures: [...issued.map((one) => ({ ...one })), { atRest, ...rest }],
  };
}

function issuedTable(issued: readonly Issued[]): Table {
  return {
    title: "An authority of one's own: issuing",
    columns: ["certificates", "s", "CPU ms each", "writes each"],
    rows: issued.map(({ certificates, wallMs, cpuMs, writes }) => [
      ...[formatNumber(certificates), formatNumber(wallMs / 1000)],
      ...[formatNumber(cpuMs / certificates), formatNumber(writes / certificates)],
    ]),
  };
}

function restTable(certificates: number, rest: AtRest): Table {
  return {
    title: "At rest",
    columns: ["certificates", "start s", "start CPU s", "RSS MiB", "writes a minute"],
    rows: [
      [
        ...[formatNumber(certificates), formatNumber(rest.restartMs / 1000)],
        ...[formatNumber(rest.restartCpuMs / 1000), formatNumber(rest.residentKb / 1024)],
        formatNumber(rest.writesPerMinute),
      ],
    ],
  };
}

interface Gate extends AsyncDisposable {
  readonly pid: () => number;
  readonly restart: () => Promise<void>;
  /** Files appear whole. */
  readonly write: (file: string, objects: readonly object[]) => void;
  /** How many Certificates are ready; every question costs the gate something for each. */
  readonly ready: () => Promise<number>;
  readonly isReady: (name: string) => Promise<boolean>;
  /** Of its store, so far. */
  readonly writes: () => Promise<number>;
}

async function startGate({ bundle }: BenchContext): Promise<Gate> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-bench-own-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const [manifests, data] = [join(directory, "manifests"), join(directory, "data")];
  mkdirSync(manifests);
  const authority = readFileSync(join(repository, "examples/own-authority/authority.yaml"));
  writeFileSync(join(manifests, "authority.yaml"), authority);
  const config = join(directory, "sekisho.yaml");
  writeFileSync(
    config,
    JSON.stringify({ address: "127.0.0.1", workloads: "none", drainSeconds: 1 }),
  );
  const ports = await freePorts("http", "https");
  const args = ["up", manifests, "--json", "--data", data, "--config", config];
  const settings = {
    command: join(bundle, "sekisho"),
    args: [
      ...[...args, "--envoy", await envoyProgram()],
      ...["--http", `${ports.http}`, "--https", `${ports.https}`],
    ],
    env: {
      PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`,
      NODE_COMPILE_CACHE: join(bundle, "compiled"),
    },
    ...{ log: join(directory, "sekisho.log"), directory },
  };
  let program: Program = await startProgram(settings);
  undo.defer(() => program[Symbol.asyncDispose]());
  const api = join(data, "api.sock");
  const ready = async (): Promise<number> => {
    const text = await askGate(socket, api, "gate.metrics", null);
    const line = /^certmanager_certificate_ready_status\{.*condition="True".*\} 1$/gm;
    return [...text.matchAll(line)].length;
  };
  const store = createRemoteStore(socket, api);
  const isReady = async (name: string): Promise<boolean> => {
    const key = { kind: certificateKind.id, namespace: "default", name };
    return isConditionTrue((await store.get(key))?.status, "Ready");
  };
  await untilReady(ready, 1);
  const open = undo.move();
  return {
    ...{ ready, isReady },
    pid: () => program.pid,
    restart: async () => {
      await program[Symbol.asyncDispose]();
      program = await startProgram(settings);
    },
    write: (file, objects) => {
      const text = objects.map((one) => JSON.stringify(one)).join("\n---\n");
      writeFileSync(join(directory, file), text);
      renameSync(join(directory, file), join(manifests, file));
    },
    writes: async () => Number((await store.list(issuerKind.id)).point),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

async function untilReady(ready: () => Promise<number>, count: number): Promise<number> {
  const what = `${count} ready certificates`;
  return await until(async () => (await ready()) === count, {
    ...{ what, longestMs, everyMs: lookEveryMs },
  });
}

/** All are counted when one that came last is ready. */
async function untilLastReady(
  { ready, isReady }: Gate,
  name: string,
  count: number,
): Promise<number> {
  const what = `a certificate for ${name}`;
  await until(() => isReady(name), { what, longestMs, everyMs: lookEveryMs });
  return await untilReady(ready, count);
}

function certificate(name: string): object {
  const privateKey = { algorithm: "ECDSA", size: 256 };
  const dnsNames = [`${name}.example.com`];
  const spec = { secretName: name, dnsNames, privateKey, issuerRef: { name: "own" } };
  return { apiVersion: "cert-manager.io/v1", kind: "Certificate", metadata: { name }, spec };
}

async function issue(gate: Gate, certificates: number): Promise<Issued> {
  const { pid, write, writes } = gate;
  const before = { cpuMs: cpuMsOf([pid()]), writes: await writes() };
  const began = performance.now();
  write(
    "certificates.yaml",
    Array.from({ length: certificates }, (_, index) => certificate(`c-${index}`)),
  );
  const wallMs = (await untilLastReady(gate, `c-${certificates - 1}`, certificates + 1)) - began;
  const cpuMs = cpuMsOf([pid()]) - before.cpuMs;
  return { certificates, wallMs, cpuMs, writes: (await writes()) - before.writes };
}

async function restart(gate: Gate, certificates: number, restSeconds: number): Promise<AtRest> {
  const began = performance.now();
  await gate.restart();
  await untilReady(gate.ready, certificates + 1);
  gate.write("one-more.yaml", [certificate("one-more")]);
  const restartMs = (await untilLastReady(gate, "one-more", certificates + 2)) - began;
  const restartCpuMs = cpuMsOf([gate.pid()]);
  // What is left to write of that is written.
  await pause(2_000);
  const before = await gate.writes();
  await pause(restSeconds * 1000);
  const writesPerMinute = (((await gate.writes()) - before) * 60) / restSeconds;
  const { residentKb } = memoryOf([gate.pid()]);
  return { restartMs, restartCpuMs, residentKb, writesPerMinute };
}
