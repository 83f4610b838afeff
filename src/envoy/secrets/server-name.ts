/** A server name that Envoy asks a certificate for → the secret that answers, where one chain serves all names. */

import type { Host } from "#model/host.ts";
import { compareHosts, hostMatches } from "#model/host.ts";
import type { CertificateGroup } from "#model/virtual-host.ts";

/**
 * The name Envoy asks for when a client sent none. A client that sends this very name gets the same secret. It must not
 * be `*`, which means every name in xDS.
 */
export const noServerName = "no-server-name";

/**
 * The secret of the group with the most specific host that takes `name`; for {@link noServerName} that of every host.
 * Undefined: the handshake is refused, also when the best group has no secret, rather than answered with another's.
 */
export function secretForServerName(
  name: string,
  groups: Iterable<CertificateGroup>,
): string | undefined {
  const plain = name.toLowerCase().replace(/\.$/, "");
  let best: { readonly host: Host; readonly group: CertificateGroup } | undefined;
  for (const group of groups) {
    for (const host of group.hosts) {
      const takes = plain === noServerName ? host.kind === "any" : hostMatches(host, plain);
      if (takes && (best === undefined || compareHosts(host, best.host) < 0)) {
        best = { host, group };
      }
    }
  }
  return best?.group.secret;
}
