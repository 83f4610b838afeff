/** An address that a listener is opened on → where clients on this machine reach it. */

export function reachableAddress(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

/** As it stands in a URL (RFC 3986 §3.2.2). */
export function literalOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
