/** Which Secret answers for one server name when several objects name one. */

import { compareInTurn, compareNumber } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { type CertificateUse, compareSeniority, type Seniority, secretName } from "./fragment.ts";

export interface CertificateClaim {
  readonly seniority: Seniority;
  /** Among the uses of its object: the first one counts. */
  readonly position: number;
  readonly use: CertificateUse;
}

export interface CertificateChoice {
  readonly use: CertificateUse;
  readonly findings: readonly Finding[];
}

const compareClaims = compareInTurn<CertificateClaim>(
  (a, b) => compareSeniority(a.seniority, b.seniority),
  (a, b) => compareNumber(a.position, b.position),
);

/** The oldest claim wins; a younger one with another Secret gets a finding. Undefined without claims. */
export function chooseCertificate(
  claims: Iterable<CertificateClaim>,
): CertificateChoice | undefined {
  const [winner, ...others] = [...claims].sort(compareClaims);
  if (winner === undefined) return undefined;
  const chosen = secretName(winner.use.secret);
  const findings = others
    .filter((claim) => secretName(claim.use.secret) !== chosen)
    .map(
      (claim): Finding => ({
        severity: "warning",
        reason: "CertificateConflict",
        origin: claim.use.origin,
        message: `handshakes of this host are answered with Secret ${chosen}, which ${formatOrigin(winner.use.origin)} names and which is older or comes first`,
        advice: "name the same Secret in both objects, or remove the host from one",
      }),
    );
  return { use: winner.use, findings };
}
