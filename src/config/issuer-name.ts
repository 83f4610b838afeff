/** `ClusterIssuer/letsencrypt`, `AWSPCAClusterIssuer.awspca.cert-manager.io/private`: an issuer as one text. */

import type { Parser } from "#base/schema.ts";

export interface IssuerName {
  readonly name: string;
  readonly kind: string;
  /** Absent: cert-manager's own. */
  readonly group?: string;
}

/** `KIND/NAME` or `KIND.GROUP/NAME` */
export const issuerName: Parser<IssuerName> = (value, reading) => {
  const [, kind, group, name] =
    /^([A-Z][A-Za-z0-9]*)(?:\.([a-z0-9][-.a-z0-9]*))?\/([a-z0-9][-.a-z0-9]*)$/.exec(
      typeof value === "string" ? value : "",
    ) ?? [];
  if (kind !== undefined && name !== undefined)
    return { name, kind, ...(group === undefined ? {} : { group }) };
  reading.problems.push({
    path: reading.path,
    problem: "invalid",
    message: "must be KIND/NAME or KIND.GROUP/NAME, such as ClusterIssuer/letsencrypt",
  });
  return undefined;
};
