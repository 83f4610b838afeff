/** ACME beside the one gate of a machine. */

import type { AcmeControllers } from "#certificates/acme/acme-controllers.ts";
import { createAcmeIssuer } from "#certificates/issuers/acme/acme.ts";
import type { IssuerBackend } from "#certificates/issuers/issuer.ts";
import type { OutboundDoor } from "#certificates/outbound/outbound-door.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import type { ResourceName } from "#envoy/resource.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Files } from "#runtime/files.ts";
import type { HttpClients } from "#runtime/http/http-client.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import type { Random } from "#runtime/random.ts";
import type { Log } from "#runtime/telemetry/log.ts";
import type { Metrics } from "#runtime/telemetry/metrics.ts";
import { createStoredEvents } from "#status/stored-events.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { NameAtVersion } from "#xds/settlement.ts";
import type { Gate } from "../gate.ts";
import type { Ports } from "../ports/ports.ts";
import { untilSettled } from "../settling.ts";
import type { FindingBoard } from "../statuses/finding-board.ts";
import { createAcmeGate } from "./acme-gate.ts";
import { createDnsSolver } from "./dns-solver.ts";

export interface StandaloneAcmeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clients: HttpClients;
  readonly lookup: NameLookup;
  readonly dns: DnsTransport;
  readonly files: Pick<Files, "read">;
  readonly store: ObjectStore;
}

export interface StandaloneAcmeSettings {
  readonly version: string;
  readonly ports: Ports;
  readonly outboundAddresses: readonly string[];
  readonly dnsResolvers: readonly string[];
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clusterResourceNamespace: string;
  readonly issuerAmbientCredentials: boolean;
}

export interface StandaloneAcme extends AsyncDisposable {
  readonly door: OutboundDoor;
  /** Has ACME servers sign. */
  readonly backend: IssuerBackend;
  /** Something was published. */
  readonly applied: () => void;
  /** Brings Orders and Challenges to their end from now on; hears why that cannot go on. */
  readonly start: (failed: (error: unknown) => void) => void;
}

/** A change is in force when every proxy that is there has answered for it. */
const longestProgramming = Temporal.Duration.from({ seconds: 10 });

/** Nothing runs before it is started. */
export function createStandaloneAcme(
  deps: StandaloneAcmeDeps,
  settings: StandaloneAcmeSettings,
  { board, gate }: { readonly board: FindingBoard; readonly gate: () => Gate },
): StandaloneAcme {
  const door = createOutboundDoor({
    ...{ clock: deps.clock, clients: deps.clients, names: deps.lookup },
    rules: { allowed: settings.outboundAddresses, apiServers: () => [] },
  });
  const dns = createDnsSolver({ ...deps, door }, settings);
  const events = createStoredEvents(deps.store, deps.clock.now);
  const { acme, applied } = createAcmeGate(
    { ...deps, events, door },
    {
      ...{ version: settings.version, gate, solvers: [dns.solver] },
      clusterResourceNamespace: settings.clusterResourceNamespace,
      issuerAmbientCredentials: settings.issuerAmbientCredentials,
      ports: (protocol) => [settings.ports[protocol]],
      found: (findings) => board.replace("challenges", findings),
      inForce: (names) => inForce(deps.clock, gate(), names),
    },
  );
  let running: AcmeControllers | undefined;
  return {
    door,
    backend: createAcmeIssuer(acme),
    applied,
    start: (failed) => {
      running = acme.start();
      running.failed.catch(failed);
    },
    [Symbol.asyncDispose]: async () => {
      await running?.stop();
      dns.close();
      door.close();
    },
  };
}

/** Without a proxy nobody would answer. */
async function inForce(
  clock: Clock,
  { xds }: Gate,
  names: readonly ResourceName[],
): Promise<boolean> {
  const { settlement } = xds;
  if (!xds.proxies().some(({ kind }) => kind === "aggregated")) return false;
  const now = (asked: ResourceName): NameAtVersion => settlement.current(asked);
  const wait = { longest: longestProgramming, now };
  return (await untilSettled({ clock, settlement }, names.map(now), wait)).length === 0;
}
