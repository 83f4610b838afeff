/** What DNS says of a name → whether an authority would find its server, and may issue for it. */

import { caaObjection, type IssuanceWish } from "#certificates/dns/caa.ts";
import type { Resolver } from "#certificates/dns/resolver.ts";
import { isIn, parseNetwork } from "#certificates/outbound/network.ts";
import { addressBytes } from "#crypto/ip-address.ts";
import type { NameVerdict } from "./surroundings.ts";

/** Networks that the internet does not lead to (IANA, "Special-Purpose Address Registries"). */
const inner = [
  ...["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.168.0.0/16", "0.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10"],
].map(parseNetwork);

/** Where a name leads; what is proved by a DNS record is issued for names that lead nowhere, too. */
export function addressVerdict(
  name: string,
  addresses: readonly string[],
  provedBy: "address" | "record" = "address",
): NameVerdict {
  const about = "addresses";
  if (addresses.length === 0) {
    const advice = "create the DNS record below, at whoever keeps the zone";
    const record = `${name}. 300 IN A ADDRESS   (the address that this machine, or its router, has on the internet)`;
    const text = `${name} has no address in DNS`;
    return provedBy === "address"
      ? { level: "error", about, text, advice, record }
      : { level: "warning", about, text: `${text}; its visitors need one`, advice, record };
  }
  const text = `${name} leads to ${addresses.join(", ")}`;
  const hidden = addresses.filter((address) =>
    inner.some((network) => isIn(network, addressBytes(address))),
  );
  if (hidden.length === 0) return { level: "ok", about, text };
  return {
    ...{ level: "warning", about },
    text: `${text}; nobody on the internet reaches ${hidden.join(", ")}`,
    advice: "let it lead to the address that this machine, or its router, has on the internet",
  };
}

/** Who may issue for a name, as the authority will ask: what cannot be asked forbids it, too (RFC 8659 §3). */
export async function caaVerdict(
  resolver: Resolver,
  name: string,
  wish: IssuanceWish,
  signal: AbortSignal,
): Promise<NameVerdict> {
  const about = "CAA";
  const policy = await resolver.issuancePolicyOf(name, signal);
  const [authority] = wish.authorities;
  if (policy === undefined)
    return { level: "ok", about, text: "no records: every authority may issue" };
  const { at, properties } = policy;
  if (authority === undefined) {
    const text = `the records of ${at} say who may issue, and the ACME server does not say by which name it goes there`;
    return { level: "warning", about, text, advice: "ask whoever runs the ACME server" };
  }
  const objection = caaObjection(properties, wish);
  if (objection === undefined)
    return { level: "ok", about, text: `the records of ${at} let ${authority} issue` };
  return {
    ...{ level: "error", about, text: `the records of ${at} ${objection}` },
    advice: "create the DNS record below, beside those that are there",
    record: `${at}. 300 IN CAA 0 issue "${authority}"`,
  };
}
