import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { errorBurst } from './index.ts';

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

describe('error-burst', () => {
  it('finds a burst with its figures', async () => {
    const [finding] = await detectIn(world(9, 1), errorBurst);

    expect(finding).toMatchObject({ reason: 'error-burst', subject: { name: 'orders' } });
    expect(finding?.figures.failedShare).toBeCloseTo(0.1, 2);
    expect(finding?.figures.usualShare).toBe(0);
  });

  it.each([
    ['nothing fails', world(10, 0)],
    ['as many fail as always', world(9, 1, 1)],
    ['hardly any fail', world(10, 0.05)],
    ['hardly anybody asks', world(0.1, 0.05)],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, errorBurst)).toEqual([]);
  });
});
