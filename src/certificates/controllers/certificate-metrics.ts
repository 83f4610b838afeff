/** How certificates and issuers stand, as metrics under the names that cert-manager gives them. */

import { isJsonObject, type JsonObject } from "#base/json.ts";
import { certificateKind } from "#kinds/cert-manager/certificate.ts";
import { withDefaults } from "#kinds/cert-manager/issuer-reference.ts";
import { findCondition } from "#kinds/condition.ts";
import { read } from "#kinds/kind.ts";
import { type KubeObject, keyOf } from "#kinds/object.ts";
import type { Gauge, Labels, Metrics } from "#runtime/metrics.ts";
import type { ViewChange } from "#store/object-view.ts";
import { instantOf } from "../certificate-status.ts";

const ofCertificate = ["name", "namespace", "issuer_name", "issuer_kind", "issuer_group"];
const verdicts = ["True", "False", "Unknown"] as const;

/** Name and help of each, by the field of the status that it shows. */
const moments = [
  ["notAfter", "expiration", "When the certificate ends."],
  ["notAfter", "not_after", "When the certificate ends."],
  ["notBefore", "not_before", "Since when the certificate holds."],
  ["renewalTime", "renewal", "When the certificate is renewed."],
] as const;

export interface CertificateMetrics {
  /** An object has come, changed or gone. */
  readonly observe: (change: ViewChange) => void;
}

export function createCertificateMetrics(metrics: Metrics): CertificateMetrics {
  const gauge = (name: string, help: string, labels: readonly string[]): Gauge =>
    metrics.gauge(`certmanager_${name}`, help, labels);
  const ready = gauge("certificate_ready_status", "Whether the certificate is ready.", [
    ...ofCertificate,
    "condition",
  ]);
  const times = moments.map(
    ([field, name, help]) =>
      [field, gauge(`certificate_${name}_timestamp_seconds`, help, ofCertificate)] as const,
  );
  const issuers: Readonly<Record<string, Gauge>> = {
    "Issuer.cert-manager.io": gauge("issuer_ready_status", "Whether the issuer is ready.", [
      ...["name", "namespace", "condition"],
    ]),
    "ClusterIssuer.cert-manager.io": gauge(
      "clusterissuer_ready_status",
      "Whether the issuer is ready.",
      ["name", "condition"],
    ),
  };
  const showCertificate = (object: KubeObject, shown: "now" | "no more"): void => {
    const labels = labelsOf(object);
    showReady(ready, { object, labels, shown });
    for (const [field, time] of times) {
      const at = momentOf(object, field);
      if (at === undefined || shown === "no more") time.remove(labels);
      else time.set(at, labels);
    }
  };
  return {
    observe: ({ key, before, after }) => {
      const issuer = issuers[key.kind];
      const show = (object: KubeObject, shown: "now" | "no more"): void => {
        const { name, namespace } = keyOf(object);
        const labels: Labels = namespace === "" ? { name } : { name, namespace };
        if (issuer !== undefined) showReady(issuer, { object, labels, shown });
        else if (key.kind === certificateKind.id) showCertificate(object, shown);
      };
      // Its labels may be others than they were.
      if (before !== undefined) show(before, "no more");
      if (after !== undefined) show(after, "now");
    },
  };
}

/** One series for each verdict, of which one is 1. */
function showReady(
  gauge: Gauge,
  {
    object,
    labels,
    shown,
  }: { readonly object: KubeObject; readonly labels: Labels; readonly shown: "now" | "no more" },
): void {
  const said = findCondition(object.status, "Ready")?.status ?? "Unknown";
  for (const condition of verdicts) {
    const series = { ...labels, condition };
    if (shown === "no more") gauge.remove(series);
    else gauge.set(said === condition ? 1 : 0, series);
  }
}

function labelsOf(object: KubeObject): Labels {
  const { name, namespace } = object.metadata;
  const reference = read(certificateKind, object).value?.spec.issuerRef ?? { name: "" };
  const issuer = withDefaults(reference);
  return {
    ...{ name, namespace },
    ...{ issuer_name: issuer.name, issuer_kind: issuer.kind, issuer_group: issuer.group },
  };
}

/** Seconds since 1970. */
function momentOf({ status }: KubeObject, field: string): number | undefined {
  const text = isJsonObject(status) ? (status as JsonObject)[field] : undefined;
  const at = instantOf(text);
  return at === undefined ? undefined : at.epochMilliseconds / 1000;
}
