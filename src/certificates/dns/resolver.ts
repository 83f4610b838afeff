/** What DNS says about a name, by the word of resolvers: where CNAMEs lead, which zone holds it, who is in charge there. */

import { type DnsClient, DnsError, type DnsServer } from "./dns-client.ts";
import { type DnsAnswer, rcodes } from "./message.ts";
import { isWithin, namesUpwards, plainName } from "./name.ts";
import type { CaaProperty, RecordType, ResourceRecord } from "./record.ts";

/** Longer chains are taken for loops. */
const longestChain = 10;

export class Resolver {
  readonly #client: DnsClient;
  readonly #servers: readonly DnsServer[];

  /** The servers are asked in turn until one answers. */
  constructor(client: DnsClient, servers: readonly DnsServer[]) {
    this.#client = client;
    this.#servers = servers;
  }

  /** The last name of a chain of CNAMEs; the name itself when it is none. Throws DnsError, OutboundError. */
  async follow(name: string, signal: AbortSignal): Promise<string> {
    let current = plainName(name);
    const seen = new Set<string>();
    while (!seen.has(current) && seen.size < longestChain) {
      seen.add(current);
      const { answers } = await this.#ask(current, "CNAME", signal);
      const next = answers.find((one) => one.name === current && one.data.type === "CNAME");
      if (next?.data.type !== "CNAME") return current;
      current = next.data.target;
    }
    throw new DnsError("invalid", `the CNAMEs of ${name} lead in a circle`);
  }

  /** The zone that holds a name; undefined when nobody knows one. Throws DnsError, OutboundError. */
  async zoneOf(name: string, signal: AbortSignal): Promise<string | undefined> {
    for (const candidate of namesUpwards(name)) {
      const { answers, authorities } = await this.#ask(candidate, "SOA", signal);
      if (answers.some((one) => one.name === candidate && one.data.type === "SOA"))
        return candidate;
      // Who denies a record says in whose name (RFC 2308 §3).
      const denial = authorities.find(
        ({ name: zone, data }) => data.type === "SOA" && zone !== "" && isWithin(candidate, zone),
      );
      if (denial !== undefined) return denial.name;
    }
    return undefined;
  }

  /** The addresses of the servers in charge of a zone, by server. Throws DnsError, OutboundError. */
  async authoritiesOf(
    zone: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const { answers } = await this.#ask(zone, "NS", signal);
    const names = targetsOf(answers, "NS").slice(0, mostAuthorities);
    const found = await Promise.all(
      names.map(async (name) => [name, await this.addressesOf(name, signal)] as const),
    );
    return new Map(found);
  }

  /**
   * Who may issue certificates for a name: the properties at the name, else at the nearest name above that has some (RFC 8659
   * §3); undefined when none has. Throws DnsError, OutboundError.
   */
  async issuancePolicyOf(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly at: string; readonly properties: readonly CaaProperty[] } | undefined> {
    for (const at of namesUpwards(name)) {
      const { answers } = await this.#ask(at, "CAA", signal);
      const properties = answers.flatMap(({ data }) => (data.type === "CAA" ? [data] : []));
      if (properties.length > 0) return { at, properties };
    }
    return undefined;
  }

  /** What each of the servers says are the values of a TXT record. Throws DnsError, OutboundError when one does not answer. */
  async textsOf(name: string, signal: AbortSignal): Promise<readonly (readonly string[])[]> {
    return await Promise.all(
      this.#servers.map(async (server) =>
        textsIn(await this.#client.ask(server, { name, type: "TXT" }, signal)),
      ),
    );
  }

  /** The addresses of a name, IPv4 first; none when it has none. Throws DnsError, OutboundError. */
  async addressesOf(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const [four, six] = await Promise.all([
      this.#ask(name, "A", signal),
      this.#ask(name, "AAAA", signal),
    ]);
    return [...four.answers, ...six.answers].flatMap(({ data }) =>
      data.type === "A" || data.type === "AAAA" ? [data.address] : [],
    );
  }

  async #ask(name: string, type: RecordType, signal: AbortSignal): Promise<DnsAnswer> {
    let failure: unknown = new DnsError("invalid", "there is no DNS server to ask");
    for (const server of this.#servers) {
      try {
        const answer = await this.#client.ask(server, { name, type }, signal);
        if (answering.has(answer.rcode)) return answer;
        failure = new DnsError("unreachable", `DNS fails for ${name}: code ${answer.rcode}`);
      } catch (error) {
        if (!(error instanceof DnsError) || signal.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  }
}

/** A server that does not know records of a type says of none. */
const answering: ReadonlySet<number> = new Set([
  ...[rcodes.noError, rcodes.noSuchName, rcodes.notImplemented],
]);

/** More than any zone has. */
const mostAuthorities = 16;

function targetsOf(records: readonly ResourceRecord[], type: "NS"): readonly string[] {
  const targets = records.flatMap(({ data }) => (data.type === type ? [data.target] : []));
  return [...new Set(targets)].sort();
}

/** The values of TXT records in an answer, whoever's name they bear: a resolver follows CNAMEs itself. */
export function textsIn({ answers }: DnsAnswer): readonly string[] {
  return answers.flatMap(({ data }) => (data.type === "TXT" ? [data.value] : []));
}
