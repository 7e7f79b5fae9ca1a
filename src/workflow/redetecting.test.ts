import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { incidentOf } from '../../test/contract/store-records.ts';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { diagnose } from '../diagnosis/index.ts';
import type { CauseReason } from '../domain/reason.ts';
import { defineDetector } from '../plugin/detector.ts';
import { redetect } from './redetecting.ts';
import type { Scene } from './scene.ts';

const orders = fakeWorkload();
const ONLY_A_LOG = 'only lines of a log tell of it';

function detector(id: string, reason: CauseReason, asked: string[]) {
  const unsettled = id === 'log' ? { unsettled: ONLY_A_LOG } : {};
  return defineDetector({
    id,
    needs: [],
    listensTo: ['alert'],
    explains: [id === 'cpu' ? 'cpu' : 'connections'],
    config: z.object({}),
    async detect() {
      asked.push(id);
      const { subject } = orders;
      return [
        {
          id: `f-${id}`,
          detector: id,
          reason,
          subject,
          confidence: 0.9,
          summary: id,
          figures: {},
          evidence: [],
          ...unsettled,
        },
      ];
    },
  });
}

/** The part of a scene that looking again reads. */
function look(reasons: Readonly<Record<string, CauseReason>>, foundBy: string, reason: CauseReason) {
  const asked: string[] = [];
  const cluster = fakeCluster(() => 0);
  cluster.addWorkload(orders);
  const detectors = new Map(Object.entries(reasons).map(([id, one]) => [id, detector(id, one, asked)]));
  const scene = {
    deps: {
      store: { inbox: async () => [], inboxHeads: async () => [] },
      cluster: cluster.reader,
      detectors,
      detectorConfig: {},
      diagnose,
    },
    reading: {},
    audit: () => undefined,
  } as unknown as Scene;
  const finding = {
    id: 'f',
    detector: foundBy,
    reason,
    subject: orders.subject,
    confidence: 0.9,
    summary: '',
    figures: {},
    evidence: [],
    ...(foundBy === 'log' ? { unsettled: ONLY_A_LOG } : {}),
  };
  const incident = { ...incidentOf('i', { subject: orders.subject }), findings: [finding] };
  return { asked, again: redetect(incident, { reason, subject: orders.subject }, scene) };
}

describe('looking again before acting', () => {
  it('asks only the detectors that found the cause', async () => {
    const { asked, again } = look({ cpu: 'cpu-saturated', locks: 'lock-waits' }, 'cpu', 'cpu-saturated');

    expect(await again).toMatchObject({ reason: 'cpu-saturated' });
    expect(asked).toEqual(['cpu']);
  });

  it('asks all that explain such alerts about a waiting pool, and names the deeper cause that shows only now', async () => {
    const { asked, again } = look(
      { pool: 'connection-pool-waiting', cpu: 'cpu-saturated', locks: 'lock-waits' },
      'pool',
      'connection-pool-waiting',
    );

    expect(await again).toMatchObject({ reason: 'lock-waits' });
    expect(asked).toEqual(['pool', 'locks']);
  });

  it('asks everybody about what only a log told, and takes the word of who measures', async () => {
    const { asked, again } = look({ log: 'lock-waits', locks: 'lock-waits' }, 'log', 'lock-waits');

    expect(await again).toMatchObject({ detector: 'locks' });
    expect((await again)?.unsettled).toBeUndefined();
    expect(asked).toEqual(['log', 'locks']);
  });

  it('is told that it is unsettled while nobody measures what a log tells', async () => {
    const { again } = look({ log: 'lock-waits', cpu: 'cpu-saturated' }, 'log', 'lock-waits');

    expect(await again).toMatchObject({ detector: 'log', unsettled: ONLY_A_LOG });
  });

  it('still sees a waiting pool that nothing deeper explains', async () => {
    const { again } = look(
      { pool: 'connection-pool-waiting', cpu: 'cpu-saturated' },
      'pool',
      'connection-pool-waiting',
    );

    expect(await again).toMatchObject({ reason: 'connection-pool-waiting' });
  });
});
