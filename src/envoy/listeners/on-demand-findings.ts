/** What cannot be had where certificates are found on demand, as findings. */

import type { Finding } from "#base/finding.ts";
import { type ChosenCertificate, secretName } from "#model/fragment.ts";
import { hostFromText } from "#model/host.ts";

export function onDemandFindings(serverName: string, use: ChosenCertificate): readonly Finding[] {
  return [...unasked(serverName, use), ...unpaired(use)];
}

/** Of a wildcard it cannot be told which names below it are other hosts: see `on-demand-layout.ts`. */
function unasked(serverName: string, { clients, origin }: ChosenCertificate): readonly Finding[] {
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

/** Envoy asks for one secret by server name, whatever a client can. Exact hosts that ask clients have a chain, and both. */
function unpaired({ secret, partner, clients, origin }: ChosenCertificate): readonly Finding[] {
  if (partner === undefined || clients !== undefined) return [];
  return [
    {
      severity: "info",
      reason: "CertificateNotPaired",
      origin,
      message: `while certificates are found on demand, all clients get that of Secret ${secretName(secret)}, which is older or comes first; that of ${secretName(partner)} is not served`,
      advice:
        "set certificateLayout to chains in sekisho.yaml, or name the one first that shall be served",
    },
  ];
}
