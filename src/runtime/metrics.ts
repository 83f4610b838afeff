/** Counters, gauges and histograms with bounded label sets. */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  readonly add: (amount: number, labels?: Labels) => void;
}
export interface Gauge {
  readonly set: (value: number, labels?: Labels) => void;
  /** Of what is gone nothing is told any more. */
  readonly remove: (labels: Labels) => void;
}
export interface Histogram {
  readonly observe: (value: number, labels?: Labels) => void;
}

export interface Metrics {
  readonly counter: (name: string, help: string, labelNames?: readonly string[]) => Counter;
  readonly gauge: (name: string, help: string, labelNames?: readonly string[]) => Gauge;
  readonly histogram: (
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ) => Histogram;
  /** The Prometheus text exposition of everything registered. */
  readonly expose: () => Promise<string>;
}
