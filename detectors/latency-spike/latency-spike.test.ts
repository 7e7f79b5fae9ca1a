import { describe, expect, it } from 'vitest';
import { baselineOf, latencyQueries, medianOf, SERVER_FAMILIES } from '../../src/workload-metrics/index.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import type { HistogramShape } from '../../test/fakes/metrics.ts';
import { latencySpike } from './index.ts';

const HOUR_MS = 3_600_000;

/** All pods serve requests of `before` seconds, and of `after` seconds for the last 150 s. */
function world(before: number, after: number, shape: Partial<HistogramShape> & { historyMs?: number } = {}) {
  const { historyMs = HOUR_MS, ...rest } = shape;
  return detectorWorld((series, pods, now) => {
    for (const pod of pods) {
      const seconds = (at: number) => (at > now - 150_000 ? after : before);
      const labels = { namespace: 'shop', pod };
      series.histogram(
        { name: 'http_request_duration_seconds', labels, seconds, perS: 5, ...rest },
        { from: now - historyMs, to: now },
      );
    }
  });
}

describe('latency-spike', () => {
  it('finds a rise with its figures', async () => {
    const [finding] = await detectIn(world(0.04, 0.8), latencySpike);

    expect(finding).toMatchObject({ reason: 'latency-spike', subject: { name: 'orders' }, confidence: 0.95 });
    // By linear interpolation inside the buckets 0.025-0.05 and 0.5-1.
    expect(finding?.figures.p95Seconds).toBeCloseTo(0.975, 2);
    expect(finding?.figures.baselineSeconds).toBeCloseTo(0.04875, 3);
    expect(finding?.figures.ratio).toBeCloseTo(20, 0);
    expect(finding?.figures.ratePerS).toBeCloseTo(15, 1);
  });

  it.each([
    ['OpenTelemetry, seconds', { name: 'http_server_request_duration_seconds' }],
    ['OpenTelemetry, no unit', { name: 'http_server_request_duration' }],
    ['OpenTelemetry, untranslated', { name: 'http.server.request.duration' }],
    [
      'OpenTelemetry, old, milliseconds',
      { name: 'http_server_duration_milliseconds', unit: 1000, bounds: [10, 25, 50, 100, 250, 500, 1000] },
    ],
    ['Micrometer', { name: 'http_server_requests_seconds' }],
  ])('reads %s', async (_, shape) => {
    const [finding] = await detectIn(world(0.04, 0.8, shape), latencySpike);

    expect(finding?.figures.p95Seconds).toBeCloseTo(0.975, 2);
  });

  it('compares what is young with the minutes that there are, with less confidence', async () => {
    const [finding] = await detectIn(world(0.04, 0.8, { historyMs: 400_000 }), latencySpike);

    expect(finding?.figures.baselineSeconds).toBeCloseTo(0.04875, 3);
    expect(finding).toMatchObject({ confidence: 0.65, summary: expect.stringContaining('few minutes known before') });
  });

  it('takes the mean where there are no buckets, with less confidence', async () => {
    const [finding] = await detectIn(world(0.04, 0.8, { buckets: false }), latencySpike);

    expect(finding?.figures.meanSeconds).toBeCloseTo(0.8, 3);
    expect(finding?.figures).not.toHaveProperty('p95Seconds');
    expect(finding?.confidence).toBeCloseTo(0.8);
  });

  it('reads the mesh where the workload itself is not measured', async () => {
    const sick = detectorWorld((series, _, now) => {
      const labels = {
        reporter: 'destination',
        destination_workload: 'orders',
        destination_workload_namespace: 'shop',
      };
      const seconds = (at: number) => (at > now - 150_000 ? 0.8 : 0.04);
      const shape = { from: now - HOUR_MS, to: now };
      series.histogram(
        {
          name: 'istio_request_duration_milliseconds',
          labels,
          seconds,
          perS: 5,
          unit: 1000,
          bounds: [10, 50, 500, 1000],
        },
        shape,
      );
      // The same calls as the sources report them: not to be counted again.
      series.histogram(
        {
          name: 'istio_request_duration_milliseconds',
          labels: { ...labels, reporter: 'source' },
          seconds,
          perS: 5,
          unit: 1000,
          bounds: [10, 50, 500, 1000],
        },
        shape,
      );
    });

    const [finding] = await detectIn(sick, latencySpike);

    expect(finding?.figures.ratePerS).toBeCloseTo(5, 1);
  });

  it('prefers buckets of the mesh to a mean of the workload itself', async () => {
    const sick = detectorWorld((series, pods, now) => {
      const seconds = (at: number) => (at > now - 150_000 ? 0.8 : 0.04);
      const shape = { from: now - HOUR_MS, to: now };
      const own = { namespace: 'shop', pod: pods[0] ?? '' };
      const mesh = { reporter: 'destination', destination_workload: 'orders', destination_workload_namespace: 'shop' };
      const bounds = [10, 50, 500, 1000];
      series.histogram({ name: 'http_server_requests_seconds', labels: own, seconds, perS: 5, buckets: false }, shape);
      series.histogram(
        {
          name: 'istio_request_duration_milliseconds',
          labels: { ...own, ...mesh },
          seconds,
          perS: 5,
          unit: 1000,
          bounds,
        },
        shape,
      );
    });

    const [finding] = await detectIn(sick, latencySpike);

    expect(finding?.figures).toHaveProperty('p95Seconds');
  });

  it.each([
    ['nothing changed', world(0.04, 0.04)],
    ['twice as slow, but by milliseconds', world(0.004, 0.03)],
    ['slower, but not by the ratio', world(0.6, 0.9)],
    ['faster', world(0.8, 0.04)],
    ['too little traffic', world(0.04, 0.8, { perS: 0.1 })],
    ['too short a past', world(0.04, 0.8, { historyMs: 240_000 })],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, latencySpike)).toEqual([]);
  });

  it('compares with the time before the incident, also when the incident is old', async () => {
    const old = detectorWorld((series, pods, now) => {
      const seconds = (at: number) => (at > now - 90 * 60_000 ? 0.8 : 0.04);
      for (const pod of pods) {
        series.histogram(
          { name: 'http_request_duration_seconds', labels: { namespace: 'shop', pod }, seconds, perS: 5 },
          { from: now - 3 * HOUR_MS, to: now },
        );
      }
    });
    const incident = { ...old.incident, since: old.now - 89 * 60_000 };

    const [finding] = await detectIn({ ...old, incident }, latencySpike);

    expect(finding?.figures.ratio).toBeCloseTo(20, 0);
  });

  it('asks native histograms without buckets', () => {
    const family = SERVER_FAMILIES[0];
    if (!family) throw new Error('no family');

    const { latency, rate } = latencyQueries({ family, form: 'native', matchers: 'namespace="shop"' }, 0.95);

    expect(latency).toBe(
      'histogram_quantile(0.95, sum(rate({__name__="http_server_request_duration_seconds",namespace="shop"}[2m])))',
    );
    expect(rate).toBe(
      'histogram_count(sum(rate({__name__="http_server_request_duration_seconds",namespace="shop"}[2m])))',
    );
  });
});

describe('baseline', () => {
  it.each([
    [[], null],
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('median of %j', (values, expected) => {
    expect(medianOf(values)).toBe(expected);
  });

  it('is not stretched by a few outliers', () => {
    expect(baselineOf([1, 2, 3, 4, 5, 100, 100], 7)).toEqual({ median: 4, deviation: 2 * 1.4826, points: 7 });
    expect(baselineOf([1, 2], 3)).toBeNull();
  });
});
