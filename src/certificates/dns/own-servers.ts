/** Whom DNS is asked: servers as people write them, and those that this machine is told to ask. */

import type { DnsTransport } from "#runtime/network/dns-transport.ts";
import { DnsError, type DnsServer } from "./dns-client.ts";
import { parseNameserver } from "./nameserver.ts";

/** The servers of the settings, else those of the machine. Throws DnsError. */
export function ownServers(
  resolvers: readonly string[],
  transport: Pick<DnsTransport, "resolvers">,
): readonly DnsServer[] {
  if (resolvers.length > 0) return resolvers.map(serverOf);
  return transport.resolvers().map(({ address, port }) => ({ kind: "address", address, port }));
}

/** `192.0.2.1:53` or an https URL. Throws DnsError. */
export function serverOf(text: string): DnsServer {
  if (text.startsWith("https://")) return { kind: "https", url: text };
  const parsed = parseNameserver(text);
  if (!parsed.ok) throw new DnsError("invalid", `${text} is no DNS server`);
  return { kind: "address", address: parsed.value.host, port: parsed.value.port };
}
