/** Looks at a name as an authority will: where it leads, who answers there, and who may issue for it. */

import { askGate } from "#api/gate-calls.ts";
import { readAccountStatus } from "#certificates/acme/accounts/issuers.ts";
import { createSessions } from "#certificates/acme/accounts/sessions.ts";
import { AcmeError } from "#certificates/acme/client/acme-error.ts";
import { DnsClient, DnsError } from "#certificates/dns/dns-client.ts";
import { ownServers } from "#certificates/dns/own-servers.ts";
import { Resolver } from "#certificates/dns/resolver.ts";
import { type OutboundDoor, OutboundError } from "#certificates/outbound/outbound-door.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import {
  chooseSolver,
  prefersHandshakes,
  type SolverType,
} from "#certificates/solvers/solver-choice.ts";
import type { CommandContext } from "../../command-context.ts";
import { version } from "../../version.ts";
import { addressVerdict, caaVerdict } from "./name-checks.ts";
import { portVerdicts } from "./port-check.ts";
import type { NameVerdict, Surroundings } from "./surroundings.ts";

/** Tells what DNS says of the name, and who answers there. */
export async function checkName(
  context: CommandContext,
  around: Surroundings,
  tell: (verdict: NameVerdict) => void,
): Promise<void> {
  const { name, settings, issuer, signal } = around;
  const { clock, random, clients, lookup, dns: transport } = context;
  const rules = { allowed: settings.outboundAddresses, apiServers: () => [] };
  const outbound = createOutboundDoor({ clock, clients, names: lookup, rules });
  const type = solverTypeOf(around);
  const isWildcard = name.startsWith("*.");
  const host = isWildcard ? name.slice(2) : name;
  try {
    const client = new DnsClient({ clock, random, transport, outbound });
    const resolver = new Resolver(client, ownServers(settings.dnsResolvers, transport));
    const addresses = await resolver.addressesOf(isWildcard ? `sekisho.${host}` : host, signal);
    tell(addressVerdict(name, addresses, type === "dns-01" ? "record" : "address"));
    if (type === "http-01" || type === "tls-alpn-01") {
      const served = await servedPort(context, around, type);
      const asked = { name, addresses, by: type, port: type === "http-01" ? 80 : 443, ...served };
      for (const verdict of await portVerdicts(context, asked)) tell(verdict);
    } else tell(otherProof(type, host));
    const account = issuer && readAccountStatus(issuer.object).uri;
    const wish = {
      ...{ authorities: await authoritiesOf(context, around, outbound), isWildcard, method: type },
      ...(account === undefined ? {} : { account }),
    };
    tell(await caaVerdict(resolver, host, wish, signal));
  } catch (error) {
    if (!(error instanceof DnsError || error instanceof OutboundError)) throw error;
    const advice = "name other DNS servers: dnsResolvers in sekisho.yaml";
    tell({ level: "error", about: "DNS", text: error.message, advice });
  } finally {
    outbound.close();
  }
}

/** Where the gate is served that is meant; nothing in a cluster. */
async function servedPort(
  context: CommandContext,
  { home }: Surroundings,
  by: "http-01" | "tls-alpn-01",
): Promise<{ readonly servedPort?: number }> {
  const status = home?.socket && (await askGate(context.socket, home.socket, "gate.status", null));
  if (status === undefined || status === "") return {};
  return { servedPort: by === "http-01" ? status.ports.http : status.ports.https };
}

/** Without an issuer that of `sekisho init`. */
function solverTypeOf({ name, issuer }: Surroundings): SolverType | "none" {
  if (issuer === undefined) return name.startsWith("*.") ? "dns-01" : "http-01";
  const offered = ["http-01", "tls-alpn-01", "dns-01"];
  const inHandshakes = prefersHandshakes(issuer.object);
  const { solvers = [] } = issuer.config;
  return chooseSolver(solvers, { name, offered, inHandshakes, labels: {} })?.type ?? "none";
}

function otherProof(type: "dns-01" | "none", host: string): NameVerdict {
  const about = "proof";
  if (type === "dns-01")
    return {
      level: "ok",
      about,
      text: `by the DNS record _acme-challenge.${host} TXT: port 80 is not needed`,
    };
  const advice = "add a solver to the issuer; a wildcard takes dns01";
  return { level: "error", about, text: "no solver of the issuer proves the name", advice };
}

/** By which names CAA records name the authority; those of Let's Encrypt are known. */
async function authoritiesOf(
  { clock, createMetrics }: CommandContext,
  { issuer, signal }: Surroundings,
  door: OutboundDoor,
): Promise<readonly string[]> {
  const server = issuer?.config.server ?? "https://acme-v02.api.letsencrypt.org/directory";
  if (issuer === undefined || /\.letsencrypt\.org$/.test(URL.parse(server)?.hostname ?? ""))
    return ["letsencrypt.org"];
  try {
    const metrics = await createMetrics();
    const sessions = createSessions({ clock, door, metrics, userAgent: `sekisho/${version}` });
    return (await sessions.to(issuer.config).directory(signal)).caaIdentities;
  } catch (error) {
    if (error instanceof AcmeError) return [];
    throw error;
  }
}
