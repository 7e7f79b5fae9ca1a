import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { trafficSurge } from './index.ts';

/** Ten requests per second for an hour; for the last five minutes what is given. */
function world(perS: number, failedPerS = 0, usualFailedPerS = 0) {
  return detectorWorld((series, pods, now) => {
    for (const pod of pods) {
      const labels = { __name__: 'http_request_duration_seconds_count', namespace: 'shop', pod };
      const lately = (usual: number, later: number) => (at: number) => (at > now - 300_000 ? later : usual);
      const shape = { from: now - 3_600_000, to: now };
      series.counter({ ...labels, code: '200' }, lately(10, perS), shape);
      series.counter({ ...labels, code: '502' }, lately(usualFailedPerS, failedPerS), shape);
    }
  });
}

describe('traffic-surge', () => {
  it('finds it with its figures', async () => {
    const [finding] = await detectIn(world(60), trafficSurge);

    expect(finding).toMatchObject({ reason: 'traffic-surge', subject: { name: 'orders' } });
    expect(finding?.figures.usualPerS).toBeCloseTo(30, 0);
    expect(finding?.figures.ratePerS).toBeCloseTo(180, 0);
  });

  it.each([
    ['as usual', world(10)],
    ['more, but not by the ratio', world(20)],
    ['fewer', world(1)],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, trafficSurge)).toEqual([]);
  });
});
