/** How a policy says where a service of its own is, and how it is spoken to. */

import { boolean, fields, list, optional, type Parsed, required, text } from "#base/schema.ts";
import type { HttpClient, HttpClients } from "#runtime/http/http-client.ts";

const tls = fields({
  /** False takes any certificate. */
  verify: required(boolean),
  /** PEM; those of the system when absent. */
  trusted: optional(text),
  serverName: optional(text),
});

export const serviceFields = {
  /** Who answers now, as `address:port`; asked in turn. */
  addresses: required(list(text)),
  /** Over TLS: whose certificate is expected there. */
  tls: optional(tls),
  /** The Host header of what it is asked. */
  host: required(text),
  /** With query. */
  path: required(text),
};

interface ServiceAddress {
  readonly tls?: Parsed<typeof tls> | undefined;
  readonly host: string;
}

/** A client of one of its addresses. */
export function clientOf(
  { tls: secured, host }: ServiceAddress,
  clients: HttpClients,
  address: string,
): HttpClient {
  if (secured === undefined) return clients.to({ url: `http://${address}` });
  const { verify, trusted, serverName } = secured;
  return clients.to({
    url: `https://${address}`,
    serverName: serverName ?? host.replace(/:\d+$/, ""),
    unverified: !verify,
    ...(trusted === undefined ? {} : { trusted }),
  });
}
