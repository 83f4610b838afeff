/** What ACME servers are asked, and how long they take, as metrics under the names that cert-manager gives them. */

import type { Clock } from "#runtime/clock.ts";
import type { Counter, Histogram, Metrics } from "#runtime/telemetry/metrics.ts";
import type { AcmeAnswer, AcmeTransport } from "./transport.ts";

/** What is said of an answer that never came. */
const unanswered = 999;

/** cert-manager's documents have the first; what it serves, and alerts are written for, is the second. */
const families = ["certmanager_acme_client", "certmanager_http_acme_client"] as const;

const labelNames = ["scheme", "host", "action", "method", "status"] as const;

/** Servers let us wait for twenty seconds at most. */
const bucketsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Counts whatever goes through the transport. */
export function meterTransport(
  transport: AcmeTransport,
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics },
): AcmeTransport {
  const meters = createMeters(metrics);
  return async (request, signal) => {
    const beganMs = clock.monotonicMs();
    let status = unanswered;
    try {
      const answer: AcmeAnswer = await transport(request, signal);
      ({ status } = answer);
      return answer;
    } finally {
      const { protocol, host } = new URL(request.url);
      const { action, method } = request;
      const labels = { scheme: protocol.slice(0, -1), host, action, method, status: `${status}` };
      for (const { count, duration } of meters) {
        count.add(1, labels);
        duration.observe((clock.monotonicMs() - beganMs) / 1000, labels);
      }
    }
  };
}

function createMeters(
  metrics: Metrics,
): readonly { readonly count: Counter; readonly duration: Histogram }[] {
  return families.map((name) => ({
    count: metrics.counter(
      `${name}_request_count`,
      "Requests to ACME servers; status 999: without an answer.",
      labelNames,
    ),
    duration: metrics.histogram(
      `${name}_request_duration_seconds`,
      "How long ACME servers took to answer.",
      bucketsSeconds,
      labelNames,
    ),
  }));
}
