/** The two ways in which an HTTPS listener can hold its certificates: chosen when it is made, and kept. */

import type { Host } from "#model/host.ts";
import type { CertificateGroup, VirtualHost } from "#model/virtual-host.ts";
import type { Resource } from "../resource.ts";
import type { ConnectionGuard } from "../routes/misdirected.ts";

export interface ListenerLayout {
  /**
   * Which connections may carry requests for a virtual host. `serverNames`: the hosts of its certificate group, asked
   * for only by a layout that compares them.
   */
  readonly guard: (virtualHost: VirtualHost, serverNames: () => readonly Host[]) => ConnectionGuard;
  /** What a certificate group adds to the HTTPS listener. */
  readonly encodeChain: (group: CertificateGroup) => Uint8Array;
  /** All listeners, with what the groups add by their names. */
  readonly build: (chains: ReadonlyMap<string, Uint8Array>) => readonly Resource[];
}

export interface ListenerPorts {
  readonly http: number;
  readonly https: number;
}
