import type { SampleStore, Series } from '../tsdb/store.ts';

// prom-client's defaults in seconds, written as Prometheus 3 stores them.
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one scraped process: values that grow or move between scrapes, and the series they are written to. */
export interface Instruments {
  /** Pass one and the same label object for one name only. */
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
  /** Not cumulative: summed up when scraped. */
  hits: number[];
  buckets: Metric[];
  sum: Metric;
  count: Metric;
}

export function createInstruments(store: SampleStore, target: Readonly<Record<string, string>>): Instruments {
  const metrics = new Map<string, Metric>();
  const histograms = new Map<string, Histogram>();
  // The same label object means the same histogram: spares the key on the hot path.
  const byLabels = new Map<object, Histogram>();
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

  const findHistogram = (name: string, labels: Record<string, string>): Histogram => {
    const key = keyOf(name, labels);
    let histogram = histograms.get(key);
    if (histogram === undefined) {
      const bounds = [...BOUNDS.map((bound) => (Number.isInteger(bound) ? `${bound}.0` : String(bound))), '+Inf'];
      histogram = {
        hits: bounds.map(() => 0),
        buckets: bounds.map((le) => create(`${name}_bucket`, { ...labels, le })),
        sum: create(`${name}_sum`, labels),
        count: create(`${name}_count`, labels),
      };
      histograms.set(key, histogram);
    }
    return histogram;
  };

  return {
    observe(name, labels, seconds) {
      const histogram = byLabels.get(labels) ?? findHistogram(name, labels);
      byLabels.set(labels, histogram);
      let at = 0;
      while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
      histogram.hits[at] = (histogram.hits[at] ?? 0) + 1;
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
      for (const { hits, buckets } of histograms.values()) {
        let total = 0;
        for (const [at, bucket] of buckets.entries()) {
          total += hits[at] ?? 0;
          bucket.value = total;
        }
      }
      for (const { series, value } of all) series.append(timeMs, value);
    },
    retire(timeMs) {
      for (const { series } of all) series.markStale(timeMs);
    },
  };
}
