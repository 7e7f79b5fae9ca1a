import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import type { FakeLogs } from '../../test/fakes/logs.ts';
import { logSignature } from './index.ts';

const HIKARI =
  'HikariPool-1 - Connection is not available, request timed out after 3000ms (total=4, active=4, idle=0, waiting=11)';

function world(write: (logs: FakeLogs, now: number) => void) {
  return detectorWorld((_series, _pods, now, _cluster, logs) => write(logs, now));
}

/** An hour of lines that say nothing. */
const calm = (logs: FakeLogs, now: number) => logs.served(now, 90, 60);

describe('log-signature', () => {
  it('names what the text names, with the numbers that stand in it, and never as settled', async () => {
    const found = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines(HIKARI, now, 4, 6, { level: 'error', template: 'HikariPool <*>' });
      }),
      logSignature,
    );

    expect(found).toMatchObject([
      {
        reason: 'connection-pool-waiting',
        subject: { name: 'orders' },
        confidence: 0.55,
        figures: { lines: 24, linesPerMinute: 6, usualLinesPerMinute: 0, loggedPoolSize: 4, loggedWaiting: 11 },
      },
    ]);
    expect(found[0]?.unsettled).toMatch(/only lines of a log/);
    expect(found[0]?.summary).toMatch(/24 lines since \d\d:\d\d, none in the hour before/);
  });

  it('makes one finding of many texts of one reason, and one each of several reasons', async () => {
    const found = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines('ERROR: deadlock detected', now, 4, 2, { level: 'error' });
        logs.lines('canceling statement due to lock timeout', now, 4, 3, { level: 'error' });
        logs.lines('FATAL: sorry, too many clients already', now, 4, 9, { level: 'fatal' });
      }),
      logSignature,
    );

    expect(found.map(({ reason, figures }) => [reason, figures.lines])).toEqual([
      ['database-connections-exhausted', 36],
      ['lock-waits', 20],
    ]);
  });

  it('is less sure where nobody knows what is usual', async () => {
    const [found] = await detectIn(
      world((logs, now) => logs.lines(HIKARI, now, 4, 6, { level: 'error' })),
      logSignature,
    );

    expect(found).toMatchObject({ confidence: 0.4 });
    expect(found?.figures).not.toHaveProperty('usualLinesPerMinute');
  });

  it.each<[string, (logs: FakeLogs, now: number) => void]>([
    ['nothing was heard', () => undefined],
    ['only calm lines', calm],
    [
      'as many as always',
      (logs, now) => {
        calm(logs, now);
        logs.lines('ERROR: deadlock detected', now, 90, 2, { level: 'error' });
      },
    ],
    [
      'hardly any',
      (logs, now) => {
        calm(logs, now);
        logs.lines('ERROR: deadlock detected', now, 1, 2, { level: 'error' });
      },
    ],
    [
      'over for a while',
      (logs, now) => {
        calm(logs, now);
        logs.lines('ERROR: deadlock detected', now - 11 * 60_000, 3, 9, { level: 'error' });
      },
    ],
    [
      'what somebody searched for, in a line that is well',
      (logs, now) => {
        calm(logs, now);
        logs.lines('search: too many connections', now, 4, 9, { level: 'info', status: 200 });
      },
    ],
    [
      'a known text that names no cause',
      (logs, now) => {
        calm(logs, now);
        logs.lines('connect ECONNREFUSED 10.0.0.7:80', now, 4, 9, { level: 'error', status: 502 });
      },
    ],
    [
      'lines of another workload, and of the same name elsewhere',
      (logs, now) => {
        calm(logs, now);
        logs.lines(HIKARI, now, 4, 9, { level: 'error', service: 'catalog' });
        logs.lines(HIKARI, now, 4, 9, { level: 'error', namespace: 'staging' });
      },
    ],
  ])('finds nothing: %s', async (_, write) => {
    expect(await detectIn(world(write), logSignature)).toEqual([]);
  });
});
