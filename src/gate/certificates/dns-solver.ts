/** DNS-01 with what the process is let in by: files that its environment names, and the metadata service of its cloud. */

import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { createDns01Solver, type Dns01Deps } from "#certificates/solvers/dns-01/dns-01.ts";
import type { Solver } from "#certificates/solvers/solver.ts";
import type { Clock } from "#runtime/clock.ts";
import { type Files, FilesError } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Random } from "#runtime/random.ts";

export interface DnsSolverDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly clients: HttpClients;
  readonly lookup: NameLookup;
  readonly dns: DnsTransport;
  readonly files: Pick<Files, "read">;
  readonly door: OutboundDoor;
  /** What a cluster gives. Absent: there is none. */
  readonly cluster?: Pick<Dns01Deps, "apiServices" | "serviceAccountToken">;
}

export interface DnsSolverSettings {
  /** Whom DNS is asked; empty: the resolvers of this machine. */
  readonly dnsResolvers: readonly string[];
  /** The operator's environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The address under which machines in clouds ask who they are. */
const metadataService = "169.254.169.254";
/** Tokens of workloads are a tenth of it. */
const longestToken = 64 * 1024;

/** The solver; `close` ends its connections. */
export function createDnsSolver(
  deps: DnsSolverDeps,
  { dnsResolvers, variables }: DnsSolverSettings,
): { readonly solver: Solver; readonly close: () => void } {
  const { clock, random, files, door, dns, cluster = {} } = deps;
  const metadata = createOutboundDoor({
    ...{ clock, clients: deps.clients, names: deps.lookup },
    rules: { allowed: [metadataService], apiServers: () => [] },
  });
  const solver = createDns01Solver({
    ...{ clock, random, outbound: door, transport: dns, variables, resolvers: dnsResolvers },
    ...cluster,
    ambient: { metadata, readFile: (path) => readToken(files, path) },
  });
  return { solver, close: () => metadata.close() };
}

async function readToken(files: Pick<Files, "read">, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(path, longestToken)).toString("utf8");
  } catch (error) {
    if (error instanceof FilesError && error.code === "not-found") return undefined;
    throw error;
  }
}
