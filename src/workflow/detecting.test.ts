import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { incidentOf } from '../../test/contract/store-records.ts';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { diagnose } from '../diagnosis/index.ts';
import type { CauseReason } from '../domain/reason.ts';
import { defineDetector } from '../plugin/detector.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import { detect } from './detecting.ts';
import { redetect } from './redetecting.ts';
import type { Scene } from './scene.ts';

const web = fakeWorkload({ subject: { name: 'web', uid: 'uid-web' } });
const orders = fakeWorkload({ subject: { name: 'orders', uid: 'uid-orders' } });
const outside = fakeWorkload({ subject: { name: 'outside', uid: 'uid-outside' } });

/** What is found, and on whom, when somebody looks at a workload. */
interface Told {
  readonly at: WorkloadView;
  readonly reason: CauseReason;
  readonly on: WorkloadView;
}

function look(told: readonly Told[]) {
  const looked: string[] = [];
  const detector = defineDetector({
    id: 'one',
    needs: [],
    listensTo: ['alert'],
    config: z.object({}),
    async detect({ subject }) {
      looked.push(subject.name);
      return told
        .filter(({ at }) => at.subject.uid === subject.uid)
        .map(({ reason, on }, index) => ({
          id: `${subject.name}-${index}`,
          detector: 'one',
          reason,
          subject: on.subject,
          confidence: reason === 'cpu-saturated' ? 0.5 : 0.55,
          summary: reason,
          figures: {},
          evidence: [],
        }));
    },
  });
  const cluster = fakeCluster(() => 0);
  for (const workload of [web, orders]) cluster.addWorkload(workload);
  const scene = {
    deps: {
      store: { inbox: async () => [] },
      cluster: cluster.reader,
      detectors: new Map([['one', detector]]),
      detectorConfig: {},
    },
    reading: {},
    audit: () => undefined,
  } as unknown as Scene;
  const incident = incidentOf('i', { subject: web.subject });
  const again = (reason: CauseReason, on: WorkloadView) => redetect(incident, { reason, subject: on.subject }, scene);
  return { looked, found: detect(incident, scene), again };
}

describe('what a workload waits for', () => {
  it('is looked at as well, and what ails it is the cause', async () => {
    const { looked, found } = look([
      { at: web, reason: 'dependency-slow', on: orders },
      { at: orders, reason: 'cpu-saturated', on: orders },
    ]);
    const { findings } = await found;

    expect(looked).toEqual(['web', 'orders']);
    expect(diagnose(findings).causes).toMatchObject([
      { reason: 'cpu-saturated', subject: { name: 'orders' }, explains: ['orders-0', 'web-0'], confidence: 0.7 },
    ]);
  });

  it('stays the cause where nothing is found on it', async () => {
    const { findings } = await look([{ at: web, reason: 'dependency-slow', on: orders }]).found;

    expect(diagnose(findings).causes).toMatchObject([{ reason: 'dependency-slow', subject: { name: 'orders' } }]);
  });

  it('is looked at again before a write, whoever else has to be asked', async () => {
    const { found, again } = look([{ at: orders, reason: 'cpu-saturated', on: orders }]);
    await found;

    expect(await again('cpu-saturated', orders)).toMatchObject({
      reason: 'cpu-saturated',
      subject: { name: 'orders' },
    });
  });

  it('cannot be looked at outside of the cluster', async () => {
    const { looked, found } = look([{ at: web, reason: 'dependency-down', on: outside }]);

    expect((await found).findings).toHaveLength(1);
    expect(looked).toEqual(['web']);
  });
});
