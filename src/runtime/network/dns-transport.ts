/** DNS messages to one server and back, injected. Nothing here reads them but for their id. */

export interface DnsServerAddress {
  /** IP address. */
  readonly address: string;
  readonly port: number;
}

export interface DnsTransport {
  /**
   * Sends a message once and gives the answer with its id, which comes from that server. Throws NetworkError: `refused` when
   * nobody listens there, as far as UDP tells.
   */
  readonly ask: (
    server: DnsServerAddress & { readonly over: "udp" | "tcp" },
    message: Uint8Array,
    signal: AbortSignal,
  ) => Promise<Uint8Array>;
  /** The resolvers that this machine is told to ask. */
  readonly resolvers: () => readonly DnsServerAddress[];
}
