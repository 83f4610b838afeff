/** How the HTTPS listener holds its certificates: decided once, before it is made. */

import type { Finding } from "#base/finding.ts";
import { formatKey } from "#kinds/object.ts";
import { unclaimed } from "#model/gateway.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { kindsWithSecrets, secretsOf } from "../cluster/served-objects.ts";

export type CertificateLayout = "chains" | "on-demand";

/**
 * Beyond this many certificates a filter chain for each costs more than it gives: adding one resends and re-reads the
 * whole listener, about 0.1 s at 200 and 0.4 s at 1,000.
 */
const mostChains = 300;

/** The layout asked for, else by the number of Secrets that the stored objects name now. */
export async function chooseCertificateLayout(
  store: ObjectStore,
  asked: CertificateLayout | undefined,
): Promise<CertificateLayout> {
  if (asked !== undefined) return asked;
  const lists = await Promise.all(kindsWithSecrets.map((kind) => store.list(kind)));
  const objects = lists.flatMap(({ items }) => items);
  const secrets = new Set(objects.flatMap((object) => secretsOf(object).map(formatKey)));
  return secrets.size > mostChains ? "on-demand" : "chains";
}

/** Advice when the number of certificates has outgrown the layout that was chosen. */
export function layoutFindings(
  layout: CertificateLayout,
  certificates: number,
): readonly Finding[] {
  if (layout !== "chains" || certificates <= mostChains) return [];
  return [
    {
      severity: "info",
      reason: "ManyCertificates",
      origin: unclaimed,
      message: `${certificates} certificates are served by a filter chain each; every further one resends the whole listener`,
      advice:
        "restart with certificateLayout: on-demand in sekisho.yaml; sessions then do not resume",
    },
  ];
}
