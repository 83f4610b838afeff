/** The address of a DNS server as solvers write it. */

import { isNetwork } from "#base/network-text.ts";
import { err, ok, type Result } from "#base/result.ts";

export interface Nameserver {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
}

const dnsPort = 53;

/** `ns.example.com`, `192.0.2.1:53`, `[2001:db8::1]:53`, `2001:db8::1`. */
export function parseNameserver(text: string): Result<Nameserver, string> {
  const trimmed = text.trim();
  const isBareSix = trimmed.includes(":") && !trimmed.includes("/") && isNetwork(trimmed);
  const [, six, four, port] = isBareSix
    ? [trimmed, trimmed]
    : (/^(?:\[([^\]]+)\]|([^\s:[\]]+))(?::(\d*))?$/.exec(trimmed) ?? []);
  const host = six ?? four;
  const number = port === undefined || port === "" ? dnsPort : Number(port);
  if (host === undefined || number < 1 || number > 65_535) {
    return err(
      "nameserver must be set in the form host:port where host is an IPv4 address, an enclosed IPv6 address or a hostname and port is an optional port number.",
    );
  }
  return ok({ host, port: number });
}
