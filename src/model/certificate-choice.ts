/**
 * Which Secrets answer for one server name when objects name several:
 *
 *   the oldest claim's                                        → it answers
 *   the next of its namespace with a key of the other type    → it answers as well: the client's abilities decide
 *   any other                                                 → a finding
 */

import { compareInTurn, compareNumber } from "#base/compare.ts";
import type { Finding } from "#base/finding.ts";
import { formatOrigin } from "#base/origin.ts";
import { clientCertificatesName } from "./client-certificate.ts";
import {
  type CertificateUse,
  type ChosenCertificate,
  compareSeniority,
  type SecretRef,
  type Seniority,
  secretName,
} from "./fragment.ts";
import type { Host } from "./host.ts";

export interface CertificateClaim {
  readonly seniority: Seniority;
  /** Among the uses of its object: the first one counts. */
  readonly position: number;
  readonly use: CertificateUse;
}

export interface CertificateChoice {
  readonly use: ChosenCertificate;
  readonly findings: readonly Finding[];
}

/** Tracked. The type of the key in a Secret; undefined: it cannot be used, or its certificate does not name the host. */
export type KeyTypeFor = (secret: SecretRef, host: Host) => "rsa" | "ec" | undefined;

const compareClaims = compareInTurn<CertificateClaim>(
  (a, b) => compareSeniority(a.seniority, b.seniority),
  (a, b) => compareNumber(a.position, b.position),
);

/** Undefined without claims. */
export function chooseCertificate(
  claims: Iterable<CertificateClaim>,
  keyTypeFor: KeyTypeFor,
): CertificateChoice | undefined {
  const [winner, ...others] = [...claims].sort(compareClaims);
  if (winner === undefined) return undefined;
  const chosen = secretName(winner.use.secret);
  const rivals = others.filter(({ use }) => secretName(use.secret) !== chosen);
  const partner = partnerOf(winner.use, rivals, keyTypeFor);
  const served = partner === undefined ? undefined : secretName(partner);
  const findings = rivals
    .filter(({ use }) => secretName(use.secret) !== served)
    .map(
      (claim): Finding => ({
        severity: "warning",
        reason: "CertificateConflict",
        origin: claim.use.origin,
        message: `handshakes of this host are answered with Secret ${chosen}, which ${formatOrigin(winner.use.origin)} names and which is older or comes first`,
        advice:
          "name the same Secret in both objects, or remove the host from one; two of a namespace are served together where both name the host and one key is RSA, the other ECDSA",
      }),
    );
  return { use: partner === undefined ? winner.use : { ...winner.use, partner }, findings };
}

/**
 * Somebody else's namespace adds nothing to how a host is answered: clients would be shown what its owner does not know of.
 * Nor does a certificate for other names: most clients prefer ECDSA and would be shown just that.
 */
function partnerOf(
  winner: CertificateUse,
  rivals: readonly CertificateClaim[],
  keyTypeFor: KeyTypeFor,
): SecretRef | undefined {
  const mates = rivals.filter(
    ({ use }) =>
      use.secret.namespace === winner.secret.namespace && clientsOf(use) === clientsOf(winner),
  );
  if (mates.length === 0) return undefined;
  const type = keyTypeFor(winner.secret, winner.host);
  if (type === undefined) return undefined;
  const fits = ({ use }: CertificateClaim): boolean => {
    const other = keyTypeFor(use.secret, winner.host);
    return other !== undefined && other !== type;
  };
  return mates.find(fits)?.use.secret;
}

function clientsOf({ clients }: CertificateUse): string {
  return clients === undefined ? "" : clientCertificatesName(clients);
}
