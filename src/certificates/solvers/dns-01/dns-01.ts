/** DNS-01 (RFC 8555 §8.4): a TXT record shows that a name is ours; {@link createDns01Solver}. */

import { parseGoDurationMs } from "#base/go-duration.ts";
import type { SecretBytes } from "#base/secret-bytes.ts";
import type { Dns01Solver } from "#kinds/cert-manager/acme-solver.ts";
import type { Clock } from "#runtime/clock.ts";
import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import type { Random } from "#runtime/random.ts";
import { DnsClient, DnsError, type DnsErrorCode, type DnsServer } from "../../dns/dns-client.ts";
import { ownServers, serverOf } from "../../dns/own-servers.ts";
import { Resolver } from "../../dns/resolver.ts";
import { dnsProviders } from "../../dns-providers/all.ts";
import {
  type AmbientCredentials,
  type ApiServices,
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type ProviderContext,
  type RecordWriter,
} from "../../dns-providers/dns-provider.ts";
import {
  type OutboundDoor,
  OutboundError,
  type OutboundErrorCode,
} from "../../outbound/outbound-door.ts";
import type { ChallengeToSolve, Solver, SolverOutcome } from "../solver.ts";
import { ClosedZones } from "./closed-zones.ts";
import { findPropagation } from "./propagation.ts";

export interface Dns01Deps {
  readonly clock: Clock;
  readonly random: Random;
  readonly outbound: OutboundDoor;
  readonly transport: DnsTransport;
  /** The operator's environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** For issuers that may use what the process is let in by. */
  readonly ambient: AmbientCredentials;
  /** Absent: there is no way to webhooks. */
  readonly apiServices?: ApiServices;
  /** A token of a ServiceAccount for some audiences. Absent: nobody gives such tokens. */
  readonly serviceAccountToken?: (
    account: { readonly namespace: string; readonly name: string },
    audiences: readonly string[],
  ) => Promise<SecretBytes>;
  /** Whom to ask instead of the resolvers of this machine: `address:port` or an https URL. */
  readonly resolvers: readonly string[];
}

/** Where the record is missing at those in charge, it may be there any moment. */
const soon = Temporal.Duration.from({ seconds: 2 });
/** A resolver keeps for a while that a record was not there. */
const later = Temporal.Duration.from({ seconds: 10 });
/** Somebody has to mend something first. */
const afterRepair = Temporal.Duration.from({ minutes: 1 });
const recordLabel = "_acme-challenge";

/** The solver over all DNS providers. */
export function createDns01Solver(deps: Dns01Deps): Solver {
  const all = { ...deps, dns: new DnsClient(deps), closed: new ClosedZones(deps.clock) };
  const work = (challenge: ChallengeToSolve): Work => new Work(all, challenge);
  return {
    type: "dns-01",
    present: (challenge, signal) =>
      told(() => work(challenge).write("present", signal), "worth waiting for"),
    check: (challenge, signal) => told(() => work(challenge).check(signal), "worth waiting for"),
    cleanUp: (challenge, signal) =>
      told(() => work(challenge).write("cleanUp", signal), "given up"),
  };
}

type WorkDeps = Dns01Deps & { readonly dns: DnsClient; readonly closed: ClosedZones };

/** One challenge with what it is solved by. */
class Work {
  readonly #deps: WorkDeps;
  readonly #challenge: ChallengeToSolve;
  readonly #solver: Dns01Solver;

  constructor(deps: WorkDeps, challenge: ChallengeToSolve) {
    this.#deps = deps;
    this.#challenge = challenge;
    this.#solver = challenge.solver.dns01 ?? {};
  }

  async write(what: "present" | "cleanUp", signal: AbortSignal): Promise<SolverOutcome> {
    const { dnsName, key } = this.#challenge;
    const resolver = await this.#resolver();
    const writer = this.#open(resolver);
    if (writer === undefined)
      return { kind: "failed", message: "the DNS provider of the solver is not served" };
    const own = recordName(dnsName);
    const isFollowed = this.#solver.cnameStrategy === "Follow";
    const name = isFollowed ? await resolver.follow(own, signal) : own;
    const record: ChallengeRecord = { name, value: key, dnsName };
    return await writer[what](record, signal);
  }

  async check(signal: AbortSignal): Promise<SolverOutcome> {
    const { dnsName, key, solver } = this.#challenge;
    if (solver.waitInsteadOfSelfCheck !== undefined)
      return this.#wait(solver.waitInsteadOfSelfCheck);
    const { nameservers = [] } = this.#solver;
    const { dns, outbound, closed } = this.#deps;
    const found = await findPropagation(
      {
        ...{ dns, outbound, closed, resolver: await this.#resolver() },
        asks: nameservers.length === 0 ? "authorities" : "resolvers",
      },
      { name: recordName(dnsName), value: key },
      signal,
    );
    if (found.kind === "everywhere") return { kind: "done" };
    const record = `${recordName(dnsName)} TXT "${key}"`;
    const retryAfter = found.asked === "authorities" ? soon : later;
    return { kind: "pending", message: `${found.at} has no record ${record} yet`, retryAfter };
  }

  /** A wait in place of looking ourselves. */
  #wait(text: string): SolverOutcome {
    const waitMs = parseGoDurationMs(text);
    if (waitMs === undefined || waitMs < 0)
      return { kind: "failed", message: "waitInsteadOfSelfCheck is no duration" };
    const { clock } = this.#deps;
    const since = this.#challenge.presentedAt ?? clock.now();
    const leftMs = Math.ceil(waitMs - clock.now().since(since).total("milliseconds"));
    if (leftMs <= 0) return { kind: "done" };
    const retryAfter = Temporal.Duration.from({ milliseconds: leftMs });
    return { kind: "pending", message: `waiting ${text} as the solver says`, retryAfter };
  }

  #open(resolver: Resolver): RecordWriter | undefined {
    const context = this.#context(resolver);
    for (const provider of dnsProviders as readonly DnsProvider[]) {
      const writer = provider.open(this.#solver, context);
      if (writer !== undefined) return writer;
    }
    return undefined;
  }

  #context(resolver: Resolver): ProviderContext {
    const { clock, random, outbound, variables, ambient, apiServices, dns } = this.#deps;
    const { serviceAccountToken } = this.#deps;
    const { issuer } = this.#challenge;
    const { credentialsNamespace: namespace } = issuer;
    return {
      ...{ clock, random, outbound, variables, dns },
      credentialsNamespace: namespace,
      ...(issuer.mayUseAmbient ? { ambient } : {}),
      ...(apiServices === undefined ? {} : { apiServices }),
      ...(serviceAccountToken && {
        serviceAccountToken: (name, audiences) =>
          serviceAccountToken({ namespace, name }, audiences),
      }),
      secretOf: async (reference) => {
        const value = await issuer.secretOf(reference);
        if (value !== undefined) return value;
        const { name, key = "" } = reference;
        const message = `Secret ${namespace}/${name} is not there or has no ${key}`;
        throw new DnsProviderError("credentials", message);
      },
      zoneOf: async (name, signal) => {
        const zone = await resolver.zoneOf(name, signal);
        if (zone !== undefined) return zone;
        throw new DnsProviderError("no-zone", `no zone in DNS holds ${name}`);
      },
    };
  }

  /** What users name is asked through the door; what the operator or the machine names, as it is. */
  async #resolver(): Promise<Resolver> {
    const { nameservers = [] } = this.#solver;
    const { dns, resolvers, transport } = this.#deps;
    if (nameservers.length > 0)
      return new Resolver(dns, await Promise.all(nameservers.map((one) => this.#through(one))));
    return new Resolver(dns, ownServers(resolvers, transport));
  }

  async #through(nameserver: string): Promise<DnsServer> {
    const server = serverOf(nameserver);
    if (server.kind === "https") return server;
    const [address = server.address] = await this.#deps.outbound.addressesOf(server.address);
    return { ...server, address };
  }
}

function recordName(dnsName: string): string {
  return `${recordLabel}.${dnsName}`;
}

/** An answer that makes no sense is mostly a stranger's, as the page of something between: it passes. */
const senseless: ReadonlySet<string> = new Set(["too-large", "unreadable"] satisfies readonly (
  | DnsErrorCode
  | OutboundErrorCode
)[]);

/**
 * What went wrong as an outcome. What only a change of Secrets, zones or solvers mends is worth waiting for while the
 * challenge is wanted; in clean-up nobody waits for it.
 */
async function told(
  run: () => Promise<SolverOutcome>,
  lasting: "worth waiting for" | "given up",
): Promise<SolverOutcome> {
  try {
    return await run();
  } catch (error) {
    const isKnown =
      error instanceof DnsProviderError ||
      error instanceof OutboundError ||
      error instanceof DnsError;
    if (!isKnown) throw error;
    const { message } = error;
    if (error.retryable || senseless.has(error.code)) {
      const asked = error instanceof DnsProviderError ? error.retryAfter : undefined;
      return { kind: "pending", message, retryAfter: asked ?? later, problem: true };
    }
    return lasting === "given up"
      ? { kind: "failed", message }
      : { kind: "pending", message, retryAfter: afterRepair, problem: true };
  }
}
