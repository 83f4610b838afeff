/** A port beside those of the gate for HTTP and HTTPS: one that an object asks for. */

export interface OwnPort {
  /** As those who refer to it know it. */
  readonly name: string;
  /** `https`: requests by TLS; `http`: in clear text. */
  readonly protocol: "tcp" | "udp" | "http" | "https";
  readonly port: number;
  /** The IP addresses that it is opened on. Default: that of the gate's own ports. */
  readonly addresses?: readonly string[];
}

/** `tcp/5353`, or `udp/53@127.0.0.1+::1`: equal texts are one port. */
export function formatOwnPort({ protocol, port, addresses = [] }: OwnPort): string {
  return `${protocol}/${port}${addresses.length === 0 ? "" : `@${addresses.join("+")}`}`;
}
