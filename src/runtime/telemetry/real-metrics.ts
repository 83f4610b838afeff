/** Metrics in the Prometheus text format, by prom-client. */

import type { Registry } from "prom-client";
import type { Metrics, Reading } from "./metrics.ts";

/**
 * {@link Metrics} with a registry of their own; a name asked for twice is one metric. prom-client is loaded here:
 * programs without metrics do not pay for it.
 */
export async function createMetrics(): Promise<Metrics> {
  // By its default: of CommonJS that is loaded late nothing else is there in the bundle.
  const { default: prometheus } = await import("prom-client");
  const { Counter, Gauge, Histogram, Registry } = prometheus;
  const registry = new Registry();
  const registers = [registry];
  const read = new Map<string, () => string>();
  return {
    counter: (name, help, labelNames = []) => {
      const counter =
        known(registry, name, Counter) ?? new Counter({ name, help, labelNames, registers });
      return { add: (amount, labels = {}) => counter.inc(labels, amount) };
    },
    gauge: (name, help, labelNames = []) => {
      const gauge =
        known(registry, name, Gauge) ?? new Gauge({ name, help, labelNames, registers });
      return { set: (value, labels = {}) => gauge.set(labels, value) };
    },
    histogram: (name, help, buckets, labelNames = []) => {
      const histogram =
        known(registry, name, Histogram) ??
        new Histogram({ name, help, labelNames, buckets: [...buckets], registers });
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    readings: (name, help, labelNames, readAll) =>
      void read.set(name, () => formatReadings(name, help, labelNames, readAll())),
    expose: async () =>
      (await registry.metrics()) + [...read.values()].map((one) => one()).join(""),
  };
}

/** A metric of that name and type; prom-client itself refuses the name to another type. */
function known<T>(
  registry: Registry,
  name: string,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  const metric: unknown = registry.getSingleMetric(name);
  return metric instanceof type ? metric : undefined;
}

function formatReadings(
  name: string,
  help: string,
  labelNames: readonly string[],
  readings: Iterable<Reading>,
): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  for (const { labels, value } of readings) {
    const shown = labelNames.map((label, at) => `${label}="${escapeLabel(labels[at] ?? "")}"`);
    lines.push(`${name}${shown.length === 0 ? "" : `{${shown.join(",")}}`} ${value}`);
  }
  return `\n${lines.join("\n")}\n`;
}

/** As the exposition format has it: most need nothing. */
function escapeLabel(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
