import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import type { FakeLogs } from '../../test/fakes/logs.ts';
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

describe('error-burst, by the log', () => {
  const quiet = (write: (logs: FakeLogs, now: number) => void) =>
    detectorWorld((_series, _pods, now, _cluster, logs) => write(logs, now));
  const failing = (logs: FakeLogs, now: number) => {
    logs.served(now, 90, 60);
    const labels = {
      level: 'error',
      status: 500,
      route: '/orders/*',
      release: '2.4.0',
      exception: 'TypeError',
    } as const;
    logs.lines('request failed\nTypeError: no terms', now, 6, 20, labels);
  };

  it('finds it where no metrics count requests, with the lines behind it', async () => {
    const [finding] = await detectIn(quiet(failing), errorBurst);

    expect(finding).toMatchObject({
      reason: 'error-burst',
      confidence: 0.65,
      figures: { failedShare: 0.25, usualShare: 0 },
    });
    expect(finding?.summary).toContain('; its log: 120 lines "TypeError: no terms" on /orders/* in release 2.4.0');
  });

  it('tells the lines beside the figures of metrics', async () => {
    const burst = world(9, 1);
    failing(burst.logs, burst.now);

    const [finding] = await detectIn(burst, errorBurst);

    expect(finding?.figures.failedShare).toBeCloseTo(0.1, 2);
    expect(finding?.summary).toContain('its log: 120 lines');
    expect(finding?.evidence).toHaveLength(3);
  });

  it.each<[string, (logs: FakeLogs, now: number) => void]>([
    ['nothing was heard', () => undefined],
    ['nothing fails', (logs, now) => logs.served(now, 90, 60)],
    ['nobody knows what is usual', (logs, now) => logs.lines('request failed', now, 6, 60, { status: 500 })],
    ['only failures are logged', (logs, now) => logs.lines('request failed', now, 90, 60, { status: 500 })],
  ])('finds nothing: %s', async (_, write) => {
    expect(await detectIn(quiet(write), errorBurst)).toEqual([]);
  });
});
