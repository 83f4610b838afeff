/** One host with everything that answers for it: what the merge of all fragments yields for it. */

import type { Finding } from "#base/finding.ts";
import type { Origin } from "#base/origin.ts";
import type { ClientCertificates } from "./client-certificate.ts";
import { type ChosenCertificate, secretName } from "./fragment.ts";
import type { Host } from "./host.ts";
import type { OwnPort } from "./own-port.ts";
import type { Route } from "./route.ts";

export interface VirtualHost {
  readonly host: Host;
  /** In the order in which they are tried. The last one takes everything that is left. */
  readonly routes: readonly Route[];
  /** The TLS group whose connections may carry this host; absent: no TLS connection may (421 there). */
  readonly certificateGroup?: string;
  /** What clients are asked for on connections of that group. Default: for nothing. */
  readonly clients?: ClientCertificates;
  /** Where its requests are taken; absent: at the gate's own ports. */
  readonly ports?: readonly OwnPort[];
  readonly origin: Origin;
  readonly findings: readonly Finding[];
}

/** Hosts whose handshakes are answered alike: one filter chain. */
export interface CertificateGroup {
  /** Names the group; the same Secret gives the same name. */
  readonly name: string;
  /** Name of the secret in `envoy/secret-source.ts`; absent: handshakes of these hosts are refused. */
  readonly secret?: string;
  /** The same of the other key type, for clients that it suits better. Default: there is none. */
  readonly partner?: string;
  /** What clients are asked for. Default: for nothing. */
  readonly clients?: ClientCertificates;
  /** Most specific first. `any` makes it the chain for every name and for no name. */
  readonly hosts: readonly Host[];
}

/** What a group has of a choice. */
export function groupSecrets({
  secret,
  partner,
}: ChosenCertificate): Pick<CertificateGroup, "secret" | "partner"> {
  return {
    secret: secretName(secret),
    ...(partner === undefined ? {} : { partner: secretName(partner) }),
  };
}
