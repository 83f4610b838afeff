/** One request that a gate forwards, as a curl command: a first thing to try, without a change of any DNS. */

import type { Gateway } from "#model/gateway.ts";
import { literalOf } from "./reachable-address.ts";

export interface SampleFacts {
  readonly httpPort: number;
  /** Where this machine reaches the gate. */
  readonly address: string;
}

/** Over plain HTTP, which needs no CA; undefined when nothing is forwarded. */
export function sampleRequest(gateway: Gateway, facts: SampleFacts): string | undefined {
  for (const host of gateway.claimedHosts()) {
    const path = forwardedPath(gateway, host);
    if (path !== undefined) return curlCommand(host, path, facts);
  }
  return undefined;
}

/** Of a route whose path needs no quotes in a shell. */
function forwardedPath(gateway: Gateway, host: string): string | undefined {
  const { routes } = gateway.virtualHost(host);
  return routes.find(
    ({ match, action }) => action.kind === "forward" && /^[\w/.~%-]+$/.test(match.path),
  )?.match.path;
}

function curlCommand(host: string, path: string, { httpPort, address }: SampleFacts): string {
  const literal = literalOf(address);
  const port = httpPort === 80 ? "" : `:${httpPort}`;
  if (host === "*") return `curl http://${literal}${port}${path}`;
  const name = host.replace(/^\*+/, "www");
  return `curl --resolve ${name}:${httpPort}:${literal} http://${name}${port}${path}`;
}
