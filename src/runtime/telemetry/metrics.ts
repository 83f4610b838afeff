/** Counters, gauges and histograms with bounded label sets. */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  readonly add: (amount: number, labels?: Labels) => void;
}
export interface Gauge {
  readonly set: (value: number, labels?: Labels) => void;
}
/** A value with those of its labels, in their order. */
export interface Reading {
  readonly labels: readonly string[];
  readonly value: number;
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
  /**
   * A gauge of many things that are kept elsewhere: read whenever somebody asks, so that it keeps nothing itself. Of one
   * name the later reader counts.
   */
  readonly readings: (
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => Iterable<Reading>,
  ) => void;
  /** The Prometheus text exposition of everything registered. */
  readonly expose: () => Promise<string>;
}
