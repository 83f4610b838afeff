/** Whether the CA would find a record: by the word of those in charge of its zone, or of resolvers where we cannot ask them. */

import { type DnsClient, DnsError } from "../../dns/dns-client.ts";
import { rcodes } from "../../dns/message.ts";
import { type Resolver, textsIn } from "../../dns/resolver.ts";
import { type OutboundDoor, OutboundError } from "../../outbound/outbound-door.ts";
import type { ClosedZones } from "./closed-zones.ts";

export interface PropagationDeps {
  readonly dns: DnsClient;
  readonly outbound: OutboundDoor;
  readonly resolver: Resolver;
  readonly closed: ClosedZones;
  /** Whether those in charge are asked at all, or the resolvers alone. */
  readonly asks: "authorities" | "resolvers";
}

export type Propagation =
  | { readonly kind: "everywhere" }
  /** `asked`: who has not got it; who was asked decides how soon it is worth asking again. */
  | { readonly kind: "missing"; readonly at: string; readonly asked: "authorities" | "resolvers" };

export interface WantedText {
  readonly name: string;
  readonly value: string;
}

const dnsPort = 53;

/** Looks once. Throws DnsError, OutboundError when nobody can be asked. */
export async function findPropagation(
  deps: PropagationDeps,
  wanted: WantedText,
  signal: AbortSignal,
): Promise<Propagation> {
  // Whoever looks for the record follows CNAMEs, whatever the solver does.
  const name = await deps.resolver.follow(wanted.name, signal);
  const found = { ...wanted, name };
  if (deps.asks === "authorities") {
    const byAuthorities = await askAuthorities(deps, found, signal);
    if (byAuthorities !== undefined) return byAuthorities;
  }
  return await askResolvers(deps, found, signal);
}

/** Undefined when none of them can be asked, as where port 53 is closed, or when nobody says who they are. */
async function askAuthorities(
  deps: PropagationDeps,
  wanted: WantedText,
  signal: AbortSignal,
): Promise<Propagation | undefined> {
  const zone = await deps.resolver.zoneOf(wanted.name, signal);
  if (zone === undefined || deps.closed.isClosed(zone)) return undefined;
  const authorities = await deps.resolver.authoritiesOf(zone, signal);
  const answers = await Promise.all(
    [...authorities].map(async ([server, addresses]) => ({
      server,
      has: await askAuthority(deps, addresses, wanted, signal),
    })),
  );
  // One that is down hinders no CA while others answer; one that answers otherwise does.
  const judged = answers.filter(({ has }) => has !== undefined);
  if (judged.length === 0) {
    deps.closed.close(zone);
    return undefined;
  }
  const missing = judged.find(({ has }) => has === false);
  return missing === undefined
    ? { kind: "everywhere" }
    : { kind: "missing", at: missing.server, asked: "authorities" };
}

/** Whether the server at one of the addresses has the value; undefined when none can be asked. */
async function askAuthority(
  { dns, outbound }: PropagationDeps,
  addresses: readonly string[],
  { name, value }: WantedText,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  for (const address of addresses) {
    try {
      await outbound.addressesOf(address);
      const server = { kind: "address" as const, address, port: dnsPort };
      const answer = await dns.ask(server, { name, type: "TXT", recursion: false }, signal);
      if (textsIn(answer).includes(value)) return true;
      const isDenied = answer.rcode === rcodes.noError || answer.rcode === rcodes.noSuchName;
      if (isDenied && answer.isAuthoritative) return false;
    } catch (error) {
      const isUnreached = error instanceof DnsError || error instanceof OutboundError;
      if (!isUnreached || signal.aborted) throw error;
    }
  }
  return undefined;
}

async function askResolvers(
  { resolver }: PropagationDeps,
  { name, value }: WantedText,
  signal: AbortSignal,
): Promise<Propagation> {
  const answers = await resolver.textsOf(name, signal);
  return answers.every((texts) => texts.includes(value))
    ? { kind: "everywhere" }
    : { kind: "missing", at: "the resolvers", asked: "resolvers" };
}
