/** Under which name certificates are counted together: the registered domain of a name, or of an address its network. */

import { addressBytes } from "#crypto/ip-address.ts";

/** Second labels under which country domains register names: `co.uk`, `com.au`. */
const secondLabels: ReadonlySet<string> = new Set(
  ["ac", "co", "com", "edu", "go", "gob", "gov", "gr", "ltd", "me"].concat(
    ...["mil", "ne", "net", "nom", "or", "org", "plc", "sch"],
  ),
);

/**
 * The last two labels, or three where the second is one under which a country registers. That is coarser than the list that
 * authorities use: names that are counted apart there may be counted together here, never the other way round for a name
 * that somebody can register.
 */
export function registeredDomain(name: string): string {
  const labels = name.toLowerCase().replace(/^\*\./, "").replace(/\.$/, "").split(".");
  const [top = "", second = ""] = labels.toReversed();
  const count = top.length === 2 && secondLabels.has(second) ? 3 : 2;
  return labels.slice(-count).join(".");
}

/** An IPv4 address for itself, of IPv6 the network of 64 bits. */
export function networkOfAddress(address: string): string {
  if (!address.includes(":")) return address;
  return `${Buffer.from(addressBytes(address).subarray(0, 8)).toString("hex")}/64`;
}
