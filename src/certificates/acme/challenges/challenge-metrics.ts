/** How Challenges stand, as the metric that cert-manager has for it. */

import { challengeKind, readChallengeStatus } from "#kinds/cert-manager/challenge.ts";
import { read } from "#kinds/kind.ts";
import { formatKey, type KubeObject, keyOf } from "#kinds/object.ts";
import type { Metrics, Reading } from "#runtime/telemetry/metrics.ts";

/** One series for each, of which one is 1; empty: nothing is known yet. */
const states = ["ready", "valid", "errored", "expired", "invalid", "processing", "", "pending"];

const labelNames = ["status", "domain", "reason", "processing", "name", "namespace", "type"];

export class ChallengeMetrics {
  /** `formatKey` → the Challenge; there are some only while names are shown ours. */
  readonly #there = new Map<string, KubeObject>();

  constructor(metrics: Metrics) {
    const name = "certmanager_certificate_challenge_status";
    metrics.readings(name, "How ACME challenges stand.", labelNames, () =>
      [...this.#there.values()].flatMap(readingsOf),
    );
  }

  /** A Challenge as it is now. */
  show(object: KubeObject): void {
    this.#there.set(formatKey(keyOf(object)), object);
  }

  /** It is gone. */
  forget(object: KubeObject): void {
    this.#there.delete(formatKey(keyOf(object)));
  }

  /** These are there and no others. */
  replace(objects: readonly KubeObject[]): void {
    this.#there.clear();
    for (const object of objects) this.show(object);
  }
}

function readingsOf(object: KubeObject): readonly Reading[] {
  const spec = read(challengeKind, object).value?.spec;
  if (spec === undefined) return [];
  const { name, namespace } = object.metadata;
  const { state = "", reason = "", processing = false } = readChallengeStatus(object);
  const labels = [spec.dnsName, reason, `${processing}`, name, namespace, spec.type];
  return states.map((status) => ({
    labels: [status, ...labels],
    value: status === state ? 1 : 0,
  }));
}
