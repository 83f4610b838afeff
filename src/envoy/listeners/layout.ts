/** The two ways in which an HTTPS listener can hold its certificates: chosen when it is made, and kept. */

import type { CertificateGroup, VirtualHost } from "#model/virtual-host.ts";
import type { Resource } from "../resource.ts";
import type { ConnectionGuard } from "../routes/misdirected.ts";

export interface ListenerLayout {
  /** Which connections may carry requests for a virtual host. */
  readonly guard: (virtualHost: VirtualHost) => ConnectionGuard;
  /** Whether connections are told apart by their server name: the wildcard index then says which group each is of. */
  readonly byServerName: boolean;
  /** Whether only some clients may send requests: then no host does without the filter that says so. */
  readonly limitsClients: boolean;
  /** What a certificate group adds to the HTTPS listener. */
  readonly encodeChain: (group: CertificateGroup) => EncodedChain;
  /** All listeners, with what the groups add by their names. */
  readonly build: (chains: ReadonlyMap<string, EncodedChain>) => readonly Resource[];
}

/** The filter chains of one certificate group, encoded. */
export interface EncodedChain {
  readonly bytes: Uint8Array;
  /** The secret that they ask for; absent: none, or by server name. */
  readonly secret?: string;
}

export interface ListenerPorts {
  readonly http: number;
  readonly https: number;
}
