/** Certificates of an ACME server: how long it takes from manifests to a handshake with one, HTTP-01 by the proxy included. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { startPebble } from "#test/pebble/pebble.ts";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { freshPlace } from "#test/system/harness/program.ts";
import { startSekisho } from "#test/system/harness/sekisho.ts";
import { formatSpread, latencyOf, spreadOf } from "../../measure/statistics.ts";
import { until } from "../../measure/waiting.ts";
import { atMost, type Bar, type Figure, type Table } from "../../report/report.ts";
import type { BenchContext } from "../part.ts";

/** Between two looks whether handshakes end well. */
const lookEveryMs = 10;
const longestMs = 60_000;

interface Round {
  /** From the start of the program to the first handshake. */
  readonly startMs: number;
  /** From one more manifest to its first handshake. */
  readonly moreMs: readonly number[];
}

/** The first certificates from a start, and more while it runs. */
export async function measureAcme(
  context: BenchContext,
): Promise<{ readonly table: Table; readonly bars: readonly Bar[]; readonly figure: Figure }> {
  const { starts, more } = context.plan.issuance;
  const rounds: Round[] = [];
  for (let round = 0; round < starts; round++) {
    context.progress(`certificates of an ACME server, ${round + 1} of ${starts}`);
    rounds.push(await measure(round === starts - 1 ? more : 0));
  }
  const startMs = rounds.map((round) => round.startMs);
  const moreMs = rounds.flatMap((round) => round.moreMs);
  return {
    table: {
      title: "An ACME server: from manifests to the first handshake",
      columns: ["what", "times", "ms"],
      rows: [
        ["from the start of the program", `${startMs.length}`, formatSpread(spreadOf(startMs))],
        ["one more host while it runs", `${moreMs.length}`, formatSpread(spreadOf(moreMs))],
      ],
    },
    bars: [
      atMost("ACME: median from the start of the program", latencyOf(startMs).p50, 5000, "ms"),
      atMost("ACME: median of one more host", latencyOf(moreMs).p50, 2000, "ms"),
    ],
    figure: { what: "ACME", startMs, moreMs },
  };
}

async function measure(more: number): Promise<Round> {
  await using undo = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "sekisho-issuance-"));
  undo.defer(() => rmSync(directory, { recursive: true, force: true }));
  const place = await freshPlace();
  const server = selfSigned(["localhost"]);
  const pebble = undo.use(await startPebble({ httpPort: place.httpPort, server }));
  const manifests = join(directory, "manifests");
  mkdirSync(manifests);
  const want = (name: string): void =>
    writeFileSync(join(manifests, `${name}.json`), JSON.stringify(hostNamed(name)));
  writeFileSync(join(manifests, "issuer.json"), JSON.stringify(issuer(pebble.directory, server)));
  const settings = join(directory, "sekisho.yaml");
  writeFileSync(settings, "outboundAddresses: [127.0.0.0/8, '::1']\n");
  want("first");
  const root = await pebble.root();
  const began = performance.now();
  const sekisho = await startSekisho(["up", manifests, "--config", settings], place);
  undo.defer(async () => void (await sekisho.stop()));
  const answered = (name: string): Promise<number> =>
    untilAnswered(sekisho.httpsPort, `${name}.example.com`, root);
  const startMs = (await answered("first")) - began;
  const moreMs: number[] = [];
  for (let count = 0; count < more; count++) {
    const wanted = performance.now();
    want(`more-${count}`);
    moreMs.push((await answered(`more-${count}`)) - wanted);
  }
  return { startMs, moreMs };
}

function issuer(server: string, { certificate }: SelfSigned): object {
  const acme = {
    ...{ server, email: "someone@example.com", privateKeySecretRef: { name: "account-key" } },
    caBundle: Buffer.from(certificate).toString("base64"),
    solvers: [{ http01: { ingress: {} } }],
  };
  const metadata = { name: "prod-issuer" };
  return { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", metadata, spec: { acme } };
}

function hostNamed(name: string): object {
  return {
    apiVersion: "k8s.nginx.org/v1",
    kind: "VirtualServer",
    metadata: { name },
    spec: {
      host: `${name}.example.com`,
      tls: { secret: name, "cert-manager": { "cluster-issuer": "prod-issuer" } },
      routes: [{ path: "/", action: { return: { body: name } } }],
    },
  };
}

async function untilAnswered(port: number, host: string, root: string): Promise<number> {
  const isAnswered = async (): Promise<boolean> => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const socket = tls.connect({ host: "127.0.0.1", port, servername: host, ca: root });
    socket.on("secureConnect", () => resolve(true));
    socket.on("error", reject);
    try {
      return await promise;
    } finally {
      socket.destroy();
    }
  };
  return await until(isAnswered, { what: host, longestMs, everyMs: lookEveryMs });
}
