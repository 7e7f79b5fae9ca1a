import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakeRevision } from '../../test/fakes/cluster.ts';
import type { FakeLogs } from '../../test/fakes/logs.ts';
import { newErrorPattern } from './index.ts';

const MINUTE_MS = 60_000;
const TRACE = `request failed
TypeError: Cannot read properties of undefined (reading 'percent')
    at shareToPay (file:///app/src/vouchers.ts:18:20)
    at run (/app/node_modules/x/index.js:1:1)`;
const BUG = { level: 'error', status: 500, exception: 'TypeError', route: '/orders/*' } as const;

function world(write: (logs: FakeLogs, now: number) => void) {
  return detectorWorld((_series, _pods, now, _cluster, logs) => write(logs, now));
}

const calm = (logs: FakeLogs, now: number) => logs.served(now, 90, 60);

describe('new-error-pattern', () => {
  it('names the error, its route, its own frame, how many and since when; never as settled', async () => {
    const found = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines(TRACE, now, 4, 10, BUG);
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject([
      {
        reason: 'application-error',
        subject: { name: 'orders' },
        confidence: 0.75,
        figures: { lines: 40, failedLines: 40 },
      },
    ]);
    expect(found[0]?.summary).toMatch(
      /new error "TypeError: Cannot read properties of undefined \(reading 'percent'\)" on \/orders\/\*, in shareToPay \(file:\/\/\/app\/src\/vouchers\.ts:18:20\), 40 lines since \d\d:\d\d, 14 % of what was answered$/,
    );
    expect(found[0]?.unsettled).toMatch(/only lines of a log/);
    expect(found[0]?.figures.loggedShare).toBeCloseTo(1 / 7, 2);
  });

  it('knows an error to be new in a log that is heard only just, once so many answers came without it', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        logs.served(now, 6, 300);
        logs.lines(TRACE, now, 2, 50, BUG);
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'application-error', figures: { failedLines: 100 } });
  });

  it('blames the release that alone shows it', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        logs.served(now, 90, 60, { release: '2.3.9' });
        logs.served(now, 6, 30, { release: '2.4.0' });
        logs.lines(TRACE, now, 5, 10, { ...BUG, release: '2.4.0' });
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'bad-release', confidence: 0.75 });
    expect(found?.summary).toContain('only in release "2.4.0"');
  });

  it('does not blame a release that served for a while without it', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        logs.served(now - 20 * MINUTE_MS, 70, 60, { release: '2.3.9' });
        logs.served(now, 20, 60, { release: '2.4.0' });
        logs.lines(TRACE, now, 4, 10, { ...BUG, release: '2.4.0' });
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'application-error' });
  });

  it('takes what a workload was made with for no release', async () => {
    const made = detectorWorld((_series, pods, now, cluster, logs) => {
      const [workload] = cluster.reader.workloads();
      if (workload === undefined) return;
      cluster.change(workload.subject, {
        changes: [{ manager: 'helm', at: now - 6 * MINUTE_MS, subresource: '', fields: ['spec.template'] }],
      });
      cluster.setDetails({ revisions: [fakeRevision(1, now - 6 * MINUTE_MS)] });
      calm(logs, now);
      logs.lines(TRACE, now, 5, 10, { ...BUG, pod: pods[0] });
    });
    const workload = made.cluster.reader.workload(made.incident.subject) ?? made.incident.workload;

    const [found] = await detectIn({ ...made, incident: { ...made.incident, workload } }, newErrorPattern);

    expect(found).toMatchObject({ reason: 'application-error' });
  });

  it('does not blame a release when the one before shows it as well', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        logs.served(now, 90, 60, { release: '2.3.9' });
        logs.served(now, 6, 30, { release: '2.4.0' });
        logs.lines(TRACE, now, 5, 10, { ...BUG, release: '2.4.0' });
        logs.lines(TRACE, now, 5, 10, { ...BUG, release: '2.3.9' });
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'application-error' });
  });

  it('is less sure of an error that comes with the effect of something else', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines(TRACE, now, 4, 10, BUG);
        logs.lines('timeout exceeded when trying to connect', now, 4, 10, { level: 'error', exception: 'Error' });
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'application-error', confidence: 0.5 });
  });

  it('is less sure of an error that no request is known to fail of', async () => {
    const [found] = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines('no such voucher', now, 4, 10, { level: 'error' });
      }),
      newErrorPattern,
    );

    expect(found).toMatchObject({ reason: 'application-error', confidence: 0.35 });
  });

  it('blames the change of the template where lines tell no release, unless an older pod shows it', async () => {
    const rolledOut = (spoke: string) =>
      detectorWorld((_series, pods, now, cluster, logs) => {
        const [workload] = cluster.reader.workloads();
        if (workload === undefined) return;
        const changes = [{ manager: 'helm', at: now - 6 * MINUTE_MS, subresource: '', fields: ['spec.template'] }];
        const hashed = cluster.reader.podsOf(workload.subject).map((pod, index) => ({
          ...pod,
          createdAt: index === 0 ? now - 6 * MINUTE_MS : 0,
          labels: { ...pod.labels, 'pod-template-hash': index === 0 ? 'new' : 'old' },
        }));
        cluster.change(workload.subject, { changes });
        cluster.setPods(workload.subject, hashed);
        calm(logs, now);
        logs.lines(TRACE, now, 5, 10, { ...BUG, pod: spoke === 'new' ? pods[0] : pods[1] });
      });
    const inLatest = (spoke: string) => {
      const made = rolledOut(spoke);
      const workload = made.cluster.reader.workload(made.incident.subject) ?? made.incident.workload;
      return detectIn({ ...made, incident: { ...made.incident, workload } }, newErrorPattern);
    };

    const byNew = await inLatest('new');
    const byOld = await inLatest('old');

    expect(byNew).toMatchObject([{ reason: 'bad-release', confidence: 0.6, change: { by: 'helm' } }]);
    expect(byOld).toMatchObject([{ reason: 'application-error' }]);
  });

  it('tells the strongest of several, and how many more', async () => {
    const found = await detectIn(
      world((logs, now) => {
        calm(logs, now);
        logs.lines(TRACE, now, 4, 10, BUG);
        logs.lines('no such voucher', now, 4, 3, { level: 'error', status: 500 });
      }),
      newErrorPattern,
    );

    expect(found).toHaveLength(1);
    expect(found[0]?.summary).toMatch(/TypeError.*; 1 more kinds of new errors$/);
  });

  it.each<[string, (logs: FakeLogs, now: number) => void]>([
    ['nothing was heard', () => undefined],
    ['only calm lines', calm],
    ['nobody knows what is usual', (logs, now) => logs.lines(TRACE, now, 4, 10, BUG)],
    [
      'a log that is heard for so short a time that chance may have kept it away',
      (logs, now) => {
        logs.served(now, 4, 60);
        logs.lines(TRACE, now, 1, 5, BUG);
      },
    ],
    [
      'a log that is heard only just and has always shown it',
      (logs, now) => {
        logs.served(now, 6, 300);
        logs.lines(TRACE, now, 6, 50, BUG);
      },
    ],
    [
      'it was always there',
      (logs, now) => {
        calm(logs, now);
        logs.lines(TRACE, now, 90, 10, BUG);
      },
    ],
    [
      'the same text under the id of a narrower pattern, as after a start of Hale',
      (logs, now) => {
        calm(logs, now);
        logs.lines('user 7 has no cart', now - 20 * MINUTE_MS, 60, 10, {
          ...BUG,
          patternId: 'old',
          template: 'user <*> has no cart',
        });
        logs.lines('user 7 has no cart', now, 4, 10, { ...BUG, patternId: 'new', template: 'user 7 has no cart' });
      },
    ],
    [
      'an effect of something else',
      (logs, now) => {
        calm(logs, now);
        logs.lines('timeout exceeded when trying to connect', now, 4, 10, { ...BUG, exception: 'Error' });
      },
    ],
    [
      'a new warning',
      (logs, now) => {
        calm(logs, now);
        logs.lines('cache is cold', now, 4, 10, { level: 'warn', status: 200 });
      },
    ],
    [
      'one request in a thousand',
      (logs, now) => {
        logs.served(now, 90, 6_000);
        logs.lines(TRACE, now, 4, 6, BUG);
      },
    ],
    [
      'over for a while',
      (logs, now) => {
        calm(logs, now);
        logs.lines(TRACE, now - 11 * MINUTE_MS, 3, 10, BUG);
      },
    ],
  ])('finds nothing: %s', async (_, write) => {
    expect(await detectIn(world(write), newErrorPattern)).toEqual([]);
  });
});
