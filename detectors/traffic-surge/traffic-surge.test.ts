import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { trafficSurge } from './index.ts';

interface Shape {
  readonly failedPerS?: number;
  readonly historyMs?: number;
  /** Pods serve ten requests per second until then. */
  readonly sinceMs?: number;
  readonly secondsAfter?: number;
}

/** Ten requests of 40 ms per second for an hour; lately what is given. */
function world(
  perS: number,
  { failedPerS = 0, historyMs = 3_600_000, sinceMs = 300_000, secondsAfter = 0.04 }: Shape = {},
) {
  return detectorWorld((series, pods, now) => {
    for (const pod of pods) {
      const labels = { namespace: 'shop', pod };
      const lately = (usual: number, later: number) => (at: number) => (at > now - sinceMs ? later : usual);
      const shape = { from: now - historyMs, to: now };
      const [name, seconds] = ['http_request_duration_seconds', lately(0.04, secondsAfter)];
      series.histogram({ name, labels: { ...labels, code: '200' }, seconds, perS: lately(10, perS) }, shape);
      series.counter({ __name__: `${name}_count`, ...labels, code: '502' }, lately(0, failedPerS), shape);
    }
  });
}

describe('traffic-surge', () => {
  it('finds it with its figures', async () => {
    const [finding] = await detectIn(world(60, { secondsAfter: 0.8 }), trafficSurge);

    expect(finding).toMatchObject({ reason: 'traffic-surge', subject: { name: 'orders' }, confidence: 0.6 });
    expect(finding?.figures.usualPerS).toBeCloseTo(30, 0);
    expect(finding?.figures.ratePerS).toBeCloseTo(180, 0);
  });

  it('is a guess, on which nothing is done, where nobody is hurt by it', async () => {
    expect(await detectIn(world(60), trafficSurge)).toMatchObject([{ confidence: 0.5 }]);
  });

  it('compares a young workload with the minutes that there are, as a guess', async () => {
    const [finding] = await detectIn(world(60, { historyMs: 480_000, sinceMs: 150_000 }), trafficSurge);

    expect(finding).toMatchObject({ confidence: 0.5, summary: expect.stringContaining('few minutes that are known') });
    expect(finding?.figures.usualPerS).toBeCloseTo(30, 0);
  });

  it('takes fewer where users wait: who cannot keep up serves less than arrives', async () => {
    const [finding] = await detectIn(world(16, { secondsAfter: 0.8 }), trafficSurge);

    expect(finding).toMatchObject({ confidence: 0.5 });
    expect(await detectIn(world(16), trafficSurge)).toEqual([]);
  });

  it.each([
    ['as usual', world(10)],
    ['more, but not by the ratio', world(20)],
    ['fewer', world(1)],
    ['slower, but hardly more', world(12, { secondsAfter: 0.8 })],
    ['too young to tell', world(60, { historyMs: 300_000, sinceMs: 150_000 })],
    ['just begun: a rate that looks back to before it is too low', world(10, { historyMs: 420_000 })],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, trafficSurge)).toEqual([]);
  });
});
