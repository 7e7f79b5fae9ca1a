import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { trafficDrop } from './index.ts';

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

describe('traffic-drop', () => {
  it('finds it with its figures', async () => {
    const [finding] = await detectIn(world(1), trafficDrop);

    expect(finding).toMatchObject({ reason: 'traffic-drop', subject: { name: 'orders' } });
    expect(finding?.figures.usualPerS).toBeCloseTo(30, 0);
    expect(finding?.figures.ratePerS).toBeCloseTo(3, 0);
  });

  it.each([
    ['as usual', world(10)],
    ['fewer, but not by the ratio', world(6)],
    ['more', world(60)],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, trafficDrop)).toEqual([]);
  });

  it('finds nothing where no pod is there to serve', async () => {
    const gone = world(1);
    const incident = { ...gone.incident, workload: { ...gone.incident.workload, readyReplicas: 0 } };

    expect(await detectIn({ ...gone, incident }, trafficDrop)).toEqual([]);
  });
});
