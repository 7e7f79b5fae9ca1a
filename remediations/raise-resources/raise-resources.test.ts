import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/finding.ts';
import { NO_RESOURCES } from '../../src/ports/cluster.ts';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { raiseResources } from './index.ts';
import { quantityOf } from './quantity.ts';

const NOW = 1_800_000_000_000;

interface Limits {
  readonly name?: string;
  readonly memoryLimit?: string;
  readonly cpuLimit?: string;
}

async function proposalFor(reason: Cause['reason'], limits: readonly Limits[], settings: object = {}) {
  const containers = limits.map(({ name = 'app', ...given }) => ({
    name,
    image: 'orders:1',
    env: {},
    resources: { ...NO_RESOURCES, ...given },
  }));
  const workload = fakeWorkload({ containers });
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(workload);
  const ctx = fakeReadContext({ metrics: fakeMetrics(fakeSeries().store), cluster, now: () => NOW });
  const cause = { reason, subject: workload.subject, confidence: 0.9, explains: ['f'], summary: '', figures: {} };
  return raiseResources.propose(cause, settings, ctx);
}

describe('raise-resources', () => {
  it.each<[string, Cause['reason'], Limits, object, string, string]>([
    ['memory by the step', 'out-of-memory', { memoryLimit: '256Mi' }, {}, 'memory', '384Mi'],
    ['memory up to the ceiling', 'out-of-memory', { memoryLimit: '1Gi' }, { maxMemoryMiB: 1100 }, 'memory', '1100Mi'],
    ['decimal memory', 'out-of-memory', { memoryLimit: '512M' }, {}, 'memory', '732Mi'],
    ['CPU by the step', 'cpu-saturated', { cpuLimit: '500m' }, {}, 'cpu', '750m'],
    ['whole cores', 'cpu-saturated', { cpuLimit: '1' }, { stepPercent: 100 }, 'cpu', '2000m'],
  ])('raises %s', async (_, reason, limits, settings, resource, to) => {
    const from = limits.memoryLimit ?? limits.cpuLimit;

    expect(await proposalFor(reason, [limits], settings)).toEqual({
      params: { container: 'app', index: 0, resource, from, to },
    });
  });

  it('raises the one container that has such a limit, in its place', async () => {
    const limits = [{ name: 'proxy', cpuLimit: '100m' }, { memoryLimit: '256Mi' }];

    expect(await proposalFor('out-of-memory', limits)).toMatchObject({ params: { container: 'app', index: 1 } });
  });

  it.each<[string, readonly Limits[], RegExp]>([
    ['none has a limit', [{ cpuLimit: '1' }], /none of its containers has a memory limit/],
    ['several have', [{ memoryLimit: '1Gi' }, { name: 'proxy', memoryLimit: '64Mi' }], /several of its containers/],
    ['it is at the ceiling', [{ memoryLimit: '2Gi' }], /2Gi already/],
    ['the limit is not understood', [{ memoryLimit: '1e9x' }], /not understood/],
    ['the step is too small to be written', [{ memoryLimit: '100Ki' }], /too small/],
  ])('declines: %s', async (_, limits, why) => {
    expect(await proposalFor('out-of-memory', limits)).toEqual({ declined: expect.stringMatching(why) });
  });
});

describe('quantityOf', () => {
  it.each([
    ['256Mi', 268_435_456],
    ['0.5Gi', 536_870_912],
    ['100M', 100_000_000],
    ['250m', 0.25],
    ['2', 2],
    ['', null],
    ['-1', null],
    ['1Xi', null],
    ['1 Mi', null],
  ])('%s is %s', (text, expected) => {
    expect(quantityOf(text)).toBe(expected);
  });
});
