import { HaleError } from '../../src/domain/errors.ts';
import type { RecordedMetrics } from '../../src/plugin/context.ts';
import { evaluateInstant, evaluateRange } from '../../src/simulation/promql/evaluate.ts';
import { parsePromql } from '../../src/simulation/promql/parse.ts';
import type { SampleStore } from '../../src/simulation/tsdb/store.ts';
import { createSampleStore } from '../../src/simulation/tsdb/store.ts';

export interface FakeMetrics extends RecordedMetrics {
  /** Queries as they were asked, in order. */
  readonly asked: readonly string[];
  /** From now on every query fails as if Prometheus were down; null = it answers again. */
  fail(error: HaleError | null): void;
}

/** RecordedMetrics over a store of samples, by the simulated PromQL evaluator. Each query has `evidence of <n>` as its evidence id. */
export function fakeMetrics(store: SampleStore): FakeMetrics {
  const asked: string[] = [];
  let failure: HaleError | null = null;

  function note(query: string): void {
    asked.push(query);
    if (failure) throw failure;
  }

  return {
    asked,
    fail(error) {
      failure = error;
    },
    evidenceOf(query) {
      const index = asked.lastIndexOf(query);
      return index < 0 ? null : `evidence-${index + 1}`;
    },
    async instant(query, at) {
      note(query);
      const value = evaluateInstant(parsePromql(query), at, { store });
      if (value.type !== 'vector') throw new HaleError('metrics-rejected', `not an instant vector: ${query}`);
      return { series: value.elements.map((one) => ({ labels: one.labels, at, value: one.value })), warnings: [] };
    },
    async range(query, from, to, stepMs) {
      note(query);
      const answer = evaluateRange(parsePromql(query), { startMs: from, endMs: to, stepMs }, { store });
      const series = answer.map((one) => ({
        labels: one.labels,
        points: one.samples.map((sample) => ({ at: sample.timeMs, value: sample.value })),
      }));
      return { series, warnings: [] };
    },
  };
}

export interface SeriesShape {
  readonly from: number;
  readonly to: number;
  /** Time between scrapes; 15 s when not given. */
  readonly everyMs?: number;
}

export interface FakeSeries {
  readonly store: SampleStore;
  /** One gauge: a value, or a function of Unix ms. */
  gauge(labels: Readonly<Record<string, string>>, value: number | ((at: number) => number), shape: SeriesShape): void;
  /** One counter by its growth per second: a value, or a function of Unix ms. */
  counter(labels: Readonly<Record<string, string>>, perS: number | ((at: number) => number), shape: SeriesShape): void;
  /** A classic histogram of requests that all take `seconds`, at `perS` requests per second; `name` without a suffix. */
  histogram(given: HistogramShape, shape: SeriesShape): void;
}

export interface HistogramShape {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly seconds: number | ((at: number) => number);
  readonly perS: number | ((at: number) => number);
  /** Upper bounds in the unit of the metric; `unit` is how many of it make a second. */
  readonly bounds?: readonly number[];
  readonly unit?: number;
  /** Without buckets only sum and count are written. */
  readonly buckets?: boolean;
}

const DEFAULT_EVERY_MS = 15_000;
// The default buckets of prom-client and client_golang.
const DEFAULT_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function fakeSeries(): FakeSeries {
  const store = createSampleStore({ retentionMs: 24 * 3_600_000 });
  const valueAt = (value: number | ((at: number) => number), at: number) =>
    typeof value === 'function' ? value(at) : value;

  const fakes: FakeSeries = {
    store,
    gauge(labels, value, { from, to, everyMs = DEFAULT_EVERY_MS }) {
      const series = store.series(labels);
      for (let at = from; at <= to; at += everyMs) series.append(at, valueAt(value, at));
    },
    counter(labels, perS, { from, to, everyMs = DEFAULT_EVERY_MS }) {
      const series = store.series(labels);
      let total = 0;
      for (let at = from; at <= to; at += everyMs) {
        total += (valueAt(perS, at) * everyMs) / 1000;
        series.append(at, total);
      }
    },
    histogram({ name, labels, seconds, perS, bounds = DEFAULT_BOUNDS, unit = 1, buckets = true }, shape) {
      const inUnit = (at: number) => valueAt(seconds, at) * unit;
      fakes.counter({ ...labels, __name__: `${name}_count` }, perS, shape);
      fakes.counter({ ...labels, __name__: `${name}_sum` }, (at) => valueAt(perS, at) * inUnit(at), shape);
      if (!buckets) return;
      for (const bound of [...bounds, Number.POSITIVE_INFINITY]) {
        const le = Number.isFinite(bound) ? String(bound) : '+Inf';
        fakes.counter(
          { ...labels, __name__: `${name}_bucket`, le },
          (at) => (inUnit(at) <= bound ? valueAt(perS, at) : 0),
          shape,
        );
      }
    },
  };
  return fakes;
}
