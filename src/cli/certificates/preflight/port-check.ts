/** Whether something answers where an authority will ask by HTTP-01: at each address of the name (RFC 8555 §8.3). */

import { literalOf } from "#gate/reachable-address.ts";
import type { Clock } from "#runtime/clock.ts";
import { HttpClientError, type HttpClients } from "#runtime/http-client.ts";
import type { Verdict } from "../../cluster/verdict.ts";

export interface PortToCheck {
  readonly name: string;
  readonly addresses: readonly string[];
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
  const isServed = answers.some(({ address, answer }) => !isIPv6(address) && "status" in answer);
  return answers.map(({ address, answer }): Verdict => {
    const about = `port ${port}`;
    if ("status" in answer) {
      const { status } = answer;
      return { level: "ok", about, text: `something answers at ${address}, with ${status}` };
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

type Answer = { readonly status: number } | { readonly problem: string };

async function answerAt(
  { clients, clock }: { readonly clients: HttpClients; readonly clock: Clock },
  { name, port }: PortToCheck,
  address: string,
): Promise<Answer> {
  const late = new AbortController();
  const cancel = clock.after(patience, () => late.abort());
  const client = clients.to({ url: `http://${literalOf(address)}:${port}`, address });
  try {
    const headers = { host: port === 80 ? name : `${name}:${port}` };
    return await client.request({ method: "GET", path, headers }, late.signal);
  } catch (error) {
    if (!(error instanceof HttpClientError)) throw error;
    const seconds = patience.total("seconds");
    return { problem: late.signal.aborted ? `no answer within ${seconds} s` : error.message };
  } finally {
    cancel();
    client.close();
  }
}

function adviceFor({ port, servedPort }: PortToCheck): string {
  if (servedPort === undefined)
    return `serve it: sekisho up DIR --http ${port}; and let firewall and router pass port ${port}`;
  if (servedPort === port) return `let firewall and router pass port ${port} to this machine`;
  return `HTTP-01 needs port ${port}; you serve ${servedPort}: have the router pass port ${port} on to ${servedPort}, or serve it as root or as a service: sekisho service install DIR`;
}
