/** How many of the orders that manifests would cause the servers allow now, by what was ordered so far. */

import { compareText } from "#base/compare.ts";
import type { Acme } from "#certificates/acme/acme.ts";
import { AcmeError } from "#certificates/acme/client/acme-error.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import type { IssuerReference } from "#kinds/cert-manager/issuer-reference.ts";
import { isConditionTrue } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import type { ObjectStore } from "#store/object-store.ts";
import type { PlannedCertificate } from "./certificate-plan.ts";

export interface OrderForecast {
  /** `ClusterIssuer prod` */
  readonly issuer: string;
  readonly needed: number;
  /** Absent: it is not known, which {@link problem} says. */
  readonly allowedNow?: number;
  /** RFC 3339; absent: all are allowed now. */
  readonly lastAt?: string;
  readonly problem?: string;
}

/** One for each issuer of an ACME server of which certificates are needed that are not there yet. */
export async function forecastOrders(
  acme: Pick<Acme, "forecast">,
  store: Pick<ObjectStore, "get">,
  certificates: readonly PlannedCertificate[],
): Promise<readonly OrderForecast[]> {
  const needed = new Map<string, PlannedCertificate[]>();
  for (const planned of certificates) {
    if (planned.server === undefined || planned.problem !== undefined) continue;
    if (await isThere(store, planned)) continue;
    const key = JSON.stringify([planned.issuer, issuerNamespace(planned)]);
    needed.set(key, [...(needed.get(key) ?? []), planned]);
  }
  const forecasts: OrderForecast[] = [];
  for (const [, planned] of [...needed].sort(([a], [b]) => compareText(a, b))) {
    const [first] = planned;
    if (first !== undefined) forecasts.push(await forecastFor(acme, first, planned));
  }
  return forecasts;
}

async function forecastFor(
  acme: Pick<Acme, "forecast">,
  first: PlannedCertificate,
  planned: readonly PlannedCertificate[],
): Promise<OrderForecast> {
  const { issuer } = first;
  const [kind = "", name = ""] = issuer.split(" ");
  const issuerRef: IssuerReference = { kind, name };
  const referred = { issuerRef, namespace: placeOf(first).namespace };
  const nameSets = planned.map(({ names }) => names);
  try {
    const { needed, allowedNow, lastAt } = await acme.forecast(referred, nameSets);
    const last = lastAt === undefined ? {} : { lastAt: lastAt.toString() };
    return { issuer, needed, allowedNow, ...last };
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    return { issuer, needed: planned.length, problem: error.message };
  }
}

/** Of the same names, and ready: nothing is ordered for it. */
async function isThere(
  store: Pick<ObjectStore, "get">,
  planned: PlannedCertificate,
): Promise<boolean> {
  const object = await store.get({ kind: certificateKind.id, ...placeOf(planned) });
  const spec = object === undefined ? undefined : read(certificateKind, object).value?.spec;
  if (object === undefined || spec === undefined) return false;
  const names = [...(spec.dnsNames ?? []), ...(spec.ipAddresses ?? [])];
  const isSame = names.sort().join() === [...planned.names].sort().join();
  return isSame && isConditionTrue(object.status, "Ready");
}

function issuerNamespace(planned: PlannedCertificate): string {
  return planned.issuer.startsWith("ClusterIssuer ") ? "" : placeOf(planned).namespace;
}

function placeOf({ certificate }: PlannedCertificate): {
  readonly namespace: string;
  readonly name: string;
} {
  const [namespace = "", name = ""] = certificate.split("/");
  return { namespace, name };
}
