import type { SampleStore, Series } from '../tsdb/store.ts';

// prom-client's defaults in seconds, written as Prometheus 3 stores them.
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one scraped process: values that grow or move between scrapes, and the series they are written to. */
export interface Instruments {
  observe(name: string, labels: Record<string, string>, seconds: number): void;
  count(name: string, labels: Record<string, string>, by?: number): void;
  gauge(name: string, labels: Record<string, string>, value: number): void;
  /** Writes every metric with this time. */
  scrape(timeMs: number): void;
  /** The process is gone: its series end. */
  retire(timeMs: number): void;
}

interface Metric {
  value: number;
  series: Series;
}

interface Histogram {
  buckets: Metric[];
  sum: Metric;
  count: Metric;
}

export function createInstruments(store: SampleStore, target: Readonly<Record<string, string>>): Instruments {
  const metrics = new Map<string, Metric>();
  const histograms = new Map<string, Histogram>();
  const all: Metric[] = [];

  const create = (name: string, labels: Record<string, string>): Metric => {
    const metric = { value: 0, series: store.series({ __name__: name, ...target, ...labels }) };
    all.push(metric);
    return metric;
  };
  const keyOf = (name: string, labels: Record<string, string>): string => `${name} ${Object.values(labels).join(' ')}`;
  const find = (name: string, labels: Record<string, string>): Metric => {
    const key = keyOf(name, labels);
    let metric = metrics.get(key);
    if (metric === undefined) {
      metric = create(name, labels);
      metrics.set(key, metric);
    }
    return metric;
  };

  return {
    observe(name, labels, seconds) {
      const key = keyOf(name, labels);
      let histogram = histograms.get(key);
      if (histogram === undefined) {
        const bounds = [...BOUNDS.map((bound) => (Number.isInteger(bound) ? `${bound}.0` : String(bound))), '+Inf'];
        histogram = {
          buckets: bounds.map((le) => create(`${name}_bucket`, { ...labels, le })),
          sum: create(`${name}_sum`, labels),
          count: create(`${name}_count`, labels),
        };
        histograms.set(key, histogram);
      }
      for (const [at, bucket] of histogram.buckets.entries()) {
        if (seconds <= (BOUNDS[at] ?? Number.POSITIVE_INFINITY)) bucket.value++;
      }
      histogram.sum.value += seconds;
      histogram.count.value++;
    },
    count(name, labels, by = 1) {
      find(name, labels).value += by;
    },
    gauge(name, labels, value) {
      find(name, labels).value = value;
    },
    scrape(timeMs) {
      for (const { series, value } of all) series.append(timeMs, value);
    },
    retire(timeMs) {
      for (const { series } of all) series.markStale(timeMs);
    },
  };
}
