/** DNS servers of the test by address, reached without sockets. */

import type { DnsServerAddress, DnsTransport } from "#runtime/network/dns-transport.ts";
import { NetworkError } from "#runtime/network/network.ts";
import type { FakeDnsServer } from "./fake-dns-server.ts";

/** What is at an address: a server, a closed port, or nothing that answers. */
export type AtAddress = FakeDnsServer | "closed" | "silent";

export interface FakeDnsTransport extends DnsTransport {
  /** Whom it has asked, as `192.0.2.1:53 udp`. */
  readonly asked: readonly string[];
  /** The next answer gets lost, after what was asked is done. */
  readonly loseAnswer: () => void;
}

/** A {@link FakeDnsTransport}; what is at no address is silent. */
export function createFakeDnsTransport(
  servers: Readonly<Record<string, AtAddress>>,
  resolvers: readonly DnsServerAddress[] = [],
): FakeDnsTransport {
  const asked: string[] = [];
  let isLost = false;
  return {
    asked,
    loseAnswer: () => {
      isLost = true;
    },
    resolvers: () => resolvers,
    ask: async ({ address, port, over }, message, signal) => {
      asked.push(`${address}:${port} ${over}`);
      const server = servers[address] ?? "silent";
      if (server === "closed") throw new NetworkError("refused", "connection refused");
      if (server === "silent") return await untilAborted(signal);
      const answer = await server.answer(Buffer.from(message), over);
      if (!isLost) return answer;
      isLost = false;
      throw new NetworkError("reset", "the answer got lost");
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(new NetworkError("aborted", "given up"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
