/** An address → what counts as one client: of IPv6 a network of 64 bits, as whoever has one address has them all. */

/** Text for text the same for addresses of one client. */
export function clientNetwork(address: string): string {
  if (!address.includes(":")) return address;
  const [before = "", after] = address.split("::");
  const left = groupsOf(before);
  const right = after === undefined ? [] : groupsOf(after);
  // A dotted tail, as of ::ffff:192.0.2.1, stands for two groups: it is an IPv4 client.
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = after === undefined ? left : [...left, ...zeros, ...right];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

function groupsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}
