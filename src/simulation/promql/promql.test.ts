import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleStore } from '../tsdb/store.ts';
import { createSampleStore } from '../tsdb/store.ts';
import { PromqlError } from './error.ts';
import { evaluateInstant, evaluateRange } from './evaluate.ts';
import { bucketQuantile } from './histogram-quantile.ts';
import { formatExponent, formatValue, parseDurationMs, parseNumber } from './literals.ts';
import { parsePromql } from './parse.ts';

const NOW_MS = 1_700_000_000_000;

/** Series given as name{labels} -> values every 15 s, the last one at NOW_MS. */
function storeOf(given: Record<string, readonly number[]>): SampleStore {
  const store = createSampleStore({ retentionMs: 86_400_000 });
  for (const [text, values] of Object.entries(given)) {
    const [name = '', inside = ''] = text.replace('}', '').split('{');
    const labels = Object.fromEntries(
      inside
        .split(',')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    );
    const series = store.series({ __name__: name, ...labels });
    for (const [at, value] of values.entries()) series.append(NOW_MS - (values.length - 1 - at) * 15_000, value);
  }
  return store;
}

function run(query: string, store: SampleStore, timeMs = NOW_MS): Record<string, number> | number | string {
  const value = evaluateInstant(parsePromql(query), timeMs, { store });
  if (value.type === 'scalar' || value.type === 'string') return value.value;
  if (value.type === 'matrix')
    return Object.fromEntries(value.elements.map((one) => [JSON.stringify(one.labels), one.samples.length]));
  return Object.fromEntries(
    value.elements.map((one) => [
      Object.entries(one.labels)
        .map(([name, label]) => `${name}=${label}`)
        .join(','),
      one.value,
    ]),
  );
}

/** Float noise of the last digits is no difference. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}

describe('expressions', () => {
  const store = storeOf({
    'up{job=a,pod=a1}': [1, 1],
    'up{job=a,pod=a2}': [1, 0],
    'up{job=b,pod=b1}': [1, 1],
    'limit{job=a}': [10, 10],
    'limit{job=b}': [20, 20],
    'requests_total{job=a}': [0, 15, 30, 45, 60],
    'reset_total{job=a}': [100, 115, 5, 20],
    'lat_bucket{le=0.1}': [10],
    'lat_bucket{le=0.5}': [30],
    'lat_bucket{le=+Inf}': [40],
    'http.server.duration{job=a}': [3],
  });

  it.each([
    ['1 + 2 * 3 ^ 2', 19],
    ['-2 ^ 2', -4],
    ['1 > bool 2', 0],
    ['up', { '__name__=up,job=a,pod=a1': 1, '__name__=up,job=a,pod=a2': 0, '__name__=up,job=b,pod=b1': 1 }],
    ['up{job!="a"} * 2', { 'job=b,pod=b1': 2 }],
    ['up{pod=~"a."} == 0', { '__name__=up,job=a,pod=a2': 0 }],
    ['0 == up', { '__name__=up,job=a,pod=a2': 0 }],
    ['sum by (job) (up)', { 'job=a': 1, 'job=b': 1 }],
    ['count without (pod) (up)', { 'job=a': 2, 'job=b': 1 }],
    ['topk(1, limit)', { '__name__=limit,job=b': 20 }],
    ['quantile(0.5, limit)', { '': 15 }],
    ['stddev(limit)', { '': 5 }],
    ['limit - on(job) sum by (job) (up)', { 'job=a': 9, 'job=b': 19 }],
    ['up * on(job) group_left limit', { 'job=a,pod=a1': 10, 'job=a,pod=a2': 0, 'job=b,pod=b1': 20 }],
    ['limit unless on(job) up{job="b"}', { '__name__=limit,job=a': 10 }],
    ['limit and on(job) (up == 0)', { '__name__=limit,job=a': 10 }],
    ['up{job="b"} or limit{job="a"}', { '__name__=up,job=b,pod=b1': 1, '__name__=limit,job=a': 10 }],
    ['rate(requests_total[1m])', { 'job=a': 1 }],
    ['increase(requests_total[1m])', { 'job=a': 60 }],
    ['irate(requests_total[5m])', { 'job=a': 1 }],
    ['resets(reset_total[5m])', { 'job=a': 1 }],
    ['changes(up{pod="a2"}[5m])', { 'job=a,pod=a2': 1 }],
    ['deriv(requests_total[5m])', { 'job=a': 1 }],
    ['predict_linear(requests_total[5m], 60)', { 'job=a': 120 }],
    ['requests_total offset 30s', { '__name__=requests_total,job=a': 30 }],
    ['max_over_time(rate(requests_total[30s])[1m:15s])', { 'job=a': 1 }],
    ['histogram_quantile(0.5, lat_bucket)', { '': 0.30000000000000004 }],
    ['histogram_quantile(0.99, lat_bucket)', { '': 0.5 }],
    ['{"http.server.duration", job="a"}', { '__name__=http.server.duration,job=a': 3 }],
    ['absent(nothing{job="x"})', { 'job=x': 1 }],
    ['absent(up)', {}],
    ['label_replace(limit{job="a"}, "team", "t-$1", "job", "(.*)")', { '__name__=limit,job=a,team=t-a': 10 }],
    ['clamp_max(limit, 15)', { 'job=a': 10, 'job=b': 15 }],
    ['round(vector(2.35), 0.1)', { '': 2.4 }],
    ['scalar(limit{job="a"}) + 1', 11],
    ['count_values("v", up)', { 'v=1': 2, 'v=0': 1 }],
    ['time()', NOW_MS / 1_000],
  ])('%s', (query, expected) => {
    const result = run(query, store);

    expect(rounded(result)).toEqual(rounded(expected));
  });

  it.each([
    ['rate(', 'bad_data', /parse error/],
    ['up{', 'bad_data', /parse error/],
    ['', 'bad_data', /no expression/],
    ['{job=~".*"}', 'bad_data', /non-empty matcher/],
    ['up{a=~"("}', 'bad_data', /bad regular expression/],
    ['rate(up)', 'bad_data', /expected type range vector in call to function "rate", got instant vector/],
    ['holt_winters(up[5m], 0.5, 0.5)', 'bad_data', /holt_winters/],
    ['double_exponential_smoothing(up[5m], 0.5, 0.5)', 'bad_data', /"double_exponential_smoothing" is unknown/],
    ['1 > 2', 'bad_data', /BOOL/],
    ['up * on(job) limit', 'execution', /group_left/],
    ['limit * on(job) up', 'execution', /many-to-many/],
    ['sum(label_replace(up{job="a"}, "pod", "x", "pod", ".*"))', 'execution', /same labelset/],
    ['abs(label_replace(up{job="a"}, "pod", "x", "pod", ".*"))', 'execution', /same labelset/],
  ])('%s is %s', (query, type, message) => {
    const attempt = (): unknown => run(query, store);

    expect(attempt).toThrow(
      expect.objectContaining({ type, message: expect.stringMatching(message) as string }) as Error,
    );
    expect(attempt).toThrow(PromqlError);
  });

  it('stops a query that reads more samples than allowed', () => {
    const query = parsePromql('sum_over_time(requests_total[5m])');

    expect(() => evaluateInstant(query, NOW_MS, { store, maxSamples: 3 })).toThrow(/too many samples/);
  });

  it('steps include both ends of a range', () => {
    const range = { startMs: NOW_MS - 60_000, endMs: NOW_MS, stepMs: 30_000 };

    const [series] = evaluateRange(parsePromql('requests_total'), range, { store });

    expect(series?.samples.map((sample) => sample.value)).toEqual([0, 30, 60]);
  });
});

describe('properties', () => {
  it('a counter that grows steadily has its true rate, whatever the window and the phase', () => {
    const steady = fc.record({
      perSecond: fc.integer({ min: 1, max: 1_000 }),
      windowS: fc.integer({ min: 60, max: 600 }),
      phaseMs: fc.integer({ min: 0, max: 14_000 }),
    });
    fc.assert(
      fc.property(steady, ({ perSecond, windowS, phaseMs }) => {
        const values = Array.from({ length: 100 }, (_, at) => 1_000_000 + at * 15 * perSecond);
        const rate = run(`rate(x[${windowS}s])`, storeOf({ x: values }), NOW_MS + phaseMs) as Record<string, number>;
        expect(rate['']).toBeCloseTo(perSecond, 6);
      }),
    );
  });

  it('a bucket quantile grows with q and stays inside the bounds', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, p, q) => {
          fc.pre(steps.some((step) => step > 0));
          let total = 0;
          const buckets = steps.map((step, at) => {
            total += step;
            return { upper: at === steps.length - 1 ? Number.POSITIVE_INFINITY : at + 1, count: total };
          });
          const [low, high] = [bucketQuantile(Math.min(p, q), buckets), bucketQuantile(Math.max(p, q), buckets)];
          expect(low).toBeLessThanOrEqual(high);
          expect(high).toBeLessThanOrEqual(steps.length - 1);
        },
      ),
    );
  });

  it('any text either parses or is refused as bad data', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const outcome = ((): unknown => {
          try {
            return parsePromql(text);
          } catch (error) {
            return error;
          }
        })();
        expect(outcome instanceof Error && !(outcome instanceof PromqlError)).toBe(false);
      }),
    );
  });

  it('formatting a number loses nothing', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(formatValue(value))).toBe(value);
      }),
    );
  });
});

describe('literals', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['90', 90_000],
    ['0.5', 500],
    ['five', undefined],
  ])('duration %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    ['0x1f', 31],
    ['1e3', 1_000],
    ['Inf', Number.POSITIVE_INFINITY],
    ['5m', 300],
    ['1_000', 1_000],
    ['x', undefined],
  ])('number %s', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each([
    [1e21, '1000000000000000000000'],
    [1.5e-7, '0.00000015'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [0.25, '0.25'],
  ])('value %d is written %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it('writes the exponent form of alerts', () => {
    expect([1, 0.123, 1.5e12].map(formatExponent)).toEqual(['1e+00', '1.23e-01', '1.5e+12']);
  });
});
