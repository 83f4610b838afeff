/** How certificates and issuers stand, as metrics under the names that cert-manager gives them. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { findCondition } from "#kinds/condition.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Metrics, Reading } from "#runtime/telemetry/metrics.ts";
import type { ObjectView } from "#store/object-view.ts";
import { instantOf } from "../certificate-status.ts";
import { issuerReferenceOf } from "./world.ts";

const ofCertificate = ["name", "namespace", "issuer_name", "issuer_kind", "issuer_group"];
const verdicts = ["True", "False", "Unknown"] as const;

/** Name and help of each, by the field of the status that it shows. */
const moments = [
  ["notAfter", "expiration", "When the certificate ends."],
  ["notAfter", "not_after", "When the certificate ends."],
  ["notBefore", "not_before", "Since when the certificate holds."],
  ["renewalTime", "renewal", "When the certificate is renewed."],
] as const;

/** Told from the objects whenever somebody asks: there are eight series of each of many thousands of certificates. */
export function showCertificates(
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics },
  view: Pick<ObjectView, "list">,
): void {
  const readings = (
    name: string,
    help: string,
    labels: readonly string[],
    read: () => Iterable<Reading>,
  ): void => metrics.readings(`certmanager_${name}`, help, labels, read);
  readings(
    "certificate_ready_status",
    "Whether the certificate is ready.",
    [...ofCertificate, "condition"],
    () => view.list(certificateKind.id).flatMap((one) => verdictsOn(one, labelsOf(one))),
  );
  for (const [field, name, help] of moments)
    readings(`certificate_${name}_timestamp_seconds`, help, ofCertificate, () =>
      view.list(certificateKind.id).flatMap((one) => momentOf(one, field)),
    );
  for (const name of ["clock_time_seconds", "clock_time_seconds_gauge"])
    readings(name, "The clock that moments are held against.", [], () => [
      { labels: [], value: Math.floor(clock.now().epochMilliseconds / 1000) },
    ]);
  const help = "Whether the issuer is ready.";
  readings("issuer_ready_status", help, ["name", "namespace", "condition"], () =>
    view
      .list(issuerKind.id)
      .flatMap((one) => verdictsOn(one, [one.metadata.name, one.metadata.namespace])),
  );
  readings("clusterissuer_ready_status", help, ["name", "condition"], () =>
    view.list(clusterIssuerKind.id).flatMap((one) => verdictsOn(one, [one.metadata.name])),
  );
}

/** One series for each verdict, of which one is 1. */
function verdictsOn({ status }: KubeObject, labels: readonly string[]): readonly Reading[] {
  const said = findCondition(status, "Ready")?.status ?? "Unknown";
  return verdicts.map((verdict) => ({
    labels: [...labels, verdict],
    value: said === verdict ? 1 : 0,
  }));
}

function labelsOf(certificate: KubeObject): readonly string[] {
  const { name, namespace } = certificate.metadata;
  const issuer = issuerReferenceOf(certificate);
  return [name, namespace, issuer.name, issuer.kind, issuer.group];
}

/** Seconds since 1970. */
function momentOf(certificate: KubeObject, field: string): readonly Reading[] {
  const { status } = certificate;
  const at = instantOf(isJsonObject(status) ? (status as JsonObject)[field] : undefined);
  if (at === undefined) return [];
  return [{ labels: labelsOf(certificate), value: at.epochMilliseconds / 1000 }];
}
