/** What cannot be asked of clients where certificates are found on demand, as findings. */

import type { Finding } from "#base/finding.ts";
import type { CertificateUse } from "#model/fragment.ts";
import { hostFromText } from "#model/host.ts";

/** Of a wildcard it cannot be told which names below it are other hosts: see `on-demand-layout.ts`. */
export function unaskedFindings(
  serverName: string,
  { clients, origin }: CertificateUse,
): readonly Finding[] {
  if (clients === undefined || hostFromText(serverName).kind === "exact") return [];
  return [
    {
      severity: "error",
      reason: "ClientCertificatesNotAskedFor",
      origin,
      message:
        "clients of a wildcard host are not asked for certificates while certificates are found on demand: over HTTPS it answers 421",
      advice: "name the hosts, or set certificateLayout to chains in sekisho.yaml",
    },
  ];
}
