/**
 * Whether something answers where an authority will ask: at each address of the name, by HTTP-01 (RFC 8555 §8.3) a request, by
 * TLS-ALPN-01 (RFC 8737 §3) a handshake. One that is refused is an answer, too: before its certificate a host has none.
 */

import { literalOf } from "#gate/ports/reachable-address.ts";
import type { Clock } from "#runtime/clock.ts";
import { HttpClientError, type HttpClients } from "#runtime/http/http-client.ts";
import type { Verdict } from "../../cluster/verdict.ts";

export interface PortToCheck {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly by: "http-01" | "tls-alpn-01";
  readonly port: number;
  /** Where the gate is served that is meant; absent: not known. */
  readonly servedPort?: number;
}

/** As long as authorities wait. */
const patience = Temporal.Duration.from({ seconds: 10 });
const path = "/.well-known/acme-challenge/sekisho-preflight";

/** One for each address. */
export async function portVerdicts(
  deps: { readonly clients: HttpClients; readonly clock: Clock },
  asked: PortToCheck,
): Promise<readonly Verdict[]> {
  const { addresses, port } = asked;
  const answers = await Promise.all(
    addresses.map(async (address) => ({ address, answer: await answerAt(deps, asked, address) })),
  );
  const isServed = answers.some(({ address, answer }) => !isIPv6(address) && "answered" in answer);
  return answers.map(({ address, answer }): Verdict => {
    const about = `port ${port}`;
    if ("answered" in answer) {
      const text = `something answers at ${address}, with ${answer.answered}`;
      return { level: "ok", about, text };
    }
    const text = `nobody answers at ${address}: ${answer.problem}`;
    const advice = isServed && isIPv6(address) ? byIPv4Alone : adviceFor(asked);
    return { level: "error", about, text, advice };
  });
}

function isIPv6(address: string): boolean {
  return address.includes(":");
}

const byIPv4Alone =
  "IPv4 alone is served, and authorities ask by IPv6 first: serve both, sekisho up DIR --address ::, or remove the AAAA record";

type Answer = { readonly answered: string } | { readonly problem: string };

async function answerAt(
  { clients, clock }: { readonly clients: HttpClients; readonly clock: Clock },
  { name, by, port }: PortToCheck,
  address: string,
): Promise<Answer> {
  const late = new AbortController();
  const cancel = clock.after(patience, () => late.abort());
  const [scheme, usualPort] = by === "http-01" ? ["http", 80] : ["https", 443];
  const url = `${scheme}://${literalOf(address)}:${port}`;
  const client = clients.to({ url, address, serverName: name, unverified: true });
  try {
    const headers = { host: port === usualPort ? name : `${name}:${port}` };
    const { status } = await client.request({ method: "GET", path, headers }, late.signal);
    return { answered: `${status}` };
  } catch (error) {
    if (!(error instanceof HttpClientError)) throw error;
    const isReached = error.code === "reset" || error.code === "other";
    if (by === "tls-alpn-01" && isReached && !late.signal.aborted)
      return { answered: "a handshake that it ends" };
    const seconds = patience.total("seconds");
    return { problem: late.signal.aborted ? `no answer within ${seconds} s` : error.message };
  } finally {
    cancel();
    client.close();
  }
}

function adviceFor({ by, port, servedPort }: PortToCheck): string {
  if (servedPort === undefined)
    return `serve it: sekisho up DIR --${by === "http-01" ? "http" : "https"} ${port}; and let firewall and router pass port ${port}`;
  if (servedPort === port) return `let firewall and router pass port ${port} to this machine`;
  return `${by.toUpperCase()} needs port ${port}; you serve ${servedPort}: have the router pass port ${port} on to ${servedPort}, or serve it as root or as a service: sekisho service install DIR`;
}
