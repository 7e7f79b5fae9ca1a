import { describe, expect, it } from 'vitest';
import { detectIn } from '../test/contract/detector-contract.ts';
import type { QuietGiven, QuietPod } from '../test/contract/quiet-world.ts';
import { quietWorld } from '../test/contract/quiet-world.ts';
import { DETECTORS } from './index.ts';

const OLD = 'orders-7d9f8c6b5d-';
const NEW = 'orders-6c5b7d8f94-';
const pods = (prefix: string, fields: Omit<QuietPod, 'name'> = {}): QuietPod[] =>
  ['aaaaa', 'bbbbb', 'ccccc'].map((random) => ({ name: `${prefix}${random}`, ...fields }));

const databases = [{ name: 'shop', matchers: { job: 'postgres' }, usedBy: ['shop/orders'] }];
const CONFIG: Readonly<Record<string, unknown>> = Object.fromEntries(
  ['pool-exhaustion', 'lock-waits', 'disk-filling'].map((id) => [id, { databases }]),
);

/** Situations that look like trouble to somebody and are none: an alert fires, and no detector may find a cause for it. */
const QUIET: readonly (readonly [string, QuietGiven])[] = [
  ['all is well', { pods: pods(OLD) }],
  [
    'a rollout in progress: new pods are being created, started and scraped for the first time',
    {
      pods: [
        ...pods(OLD),
        {
          name: `${NEW}aaaaa`,
          from: 1,
          view: { ready: false, phase: 'Pending' },
          waitingReason: 'ContainerCreating',
          requestsPerS: 0,
        },
        { name: `${NEW}bbbbb`, from: 2, view: { ready: false }, up: () => 0, cpuShare: () => 1, requestsPerS: 0 },
        { name: `${NEW}ccccc`, from: 3, seconds: (ago) => (ago > 2 ? 0.4 : 0.05) },
      ],
      workload: { readyReplicas: 4, updatedReplicas: 3 },
    },
  ],
  [
    'a rollout that went well ten minutes ago, with a cold start',
    {
      pods: [
        ...pods(OLD, { until: 10 }),
        ...pods(NEW, {
          from: 11,
          seconds: (ago) => (ago > 10 ? 1 : 0.05),
          errorShare: (ago) => (ago > 10 ? 0.05 : 0.001),
        }),
      ],
    },
  ],
  [
    'pods of a CronJob that finish at full CPU',
    {
      kind: 'Job',
      pods: [
        {
          name: 'orders-x2k4b',
          from: 8,
          until: 0,
          view: { ready: false, phase: 'Succeeded' },
          cpuShare: () => 1,
          requestsPerS: 0,
          lastReason: 'Completed',
        },
        { name: 'orders-x2k4c', from: 5, view: { ready: false, phase: 'Running' }, cpuShare: () => 1, requestsPerS: 0 },
      ],
    },
  ],
  [
    'a single restart for want of memory, long ago, whose reason stays',
    { pods: pods(OLD, { restarts: (ago) => (ago < 90 ? 1 : 0), lastReason: 'OOMKilled' }) },
  ],
  ['a single restart just now', { pods: pods(OLD, { restarts: (ago) => (ago < 2 ? 1 : 0), lastReason: 'Error' }) }],
  ['the autoscaler at its maximum, at ease', { pods: pods(OLD), autoscaler: { max: 3, ofTarget: 60 } }],
  [
    'the autoscaler at its maximum over its target, and users are well',
    { pods: pods(OLD), autoscaler: { max: 3, ofTarget: 140 } },
  ],
  [
    'low traffic: one request in twenty seconds, some slow, some failed',
    {
      pods: pods(OLD, {
        requestsPerS: 0.016,
        seconds: (ago) => (ago < 3 ? 2 : 0.05),
        errorShare: (ago) => (ago < 3 ? 0.5 : 0),
      }),
    },
  ],
  [
    'a new workload: cold, busy, and taking memory',
    {
      pods: pods(OLD, {
        from: 4,
        cpuShare: (ago) => (ago > 2 ? 1 : 0.4),
        memoryMib: (ago) => 200 - 20 * ago,
        seconds: (ago) => (ago > 2 ? 1 : 0.05),
        up: (ago) => (ago > 3 ? 0 : 1),
      }),
    },
  ],
  ['a batch at all of its CPU, and users are well', { pods: pods(OLD, { cpuShare: () => 1 }) }],
  [
    'a pod that was deleted by a scale-down',
    {
      pods: [
        ...pods(OLD),
        { name: `${OLD}ddddd`, until: 6, up: (ago) => (ago < 7 ? 0 : 1) },
        { name: `${OLD}eeeee`, until: 20 },
      ],
    },
  ],
  ['Prometheus was down for ten minutes', { pods: pods(OLD), gap: [25, 15] }],
  [
    'memory that goes up and down with collections',
    { pods: pods(OLD, { memoryMib: (ago) => 120 + (Math.floor(ago) % 10) * 8 }) },
  ],
  [
    'memory that has filled a cache and rests',
    { pods: pods(OLD, { memoryMib: (ago) => 230 - 80 * Math.exp((Math.min(ago, 150) - 150) / 20) }) },
  ],
];

describe('quiet situations', () => {
  it.each(QUIET)('%s', async (_, given) => {
    const found: string[] = [];

    for (const detector of DETECTORS.values()) {
      const findings = await detectIn(quietWorld(given), detector, CONFIG[detector.id] ?? {});
      found.push(...findings.map((finding) => `${finding.reason} ${finding.confidence}: ${finding.summary}`));
    }

    expect(found).toEqual([]);
  });

  it('the world is measured: each detector finds its own kind of trouble in it', async () => {
    const found = async (id: string, given: QuietGiven) => {
      const detector = DETECTORS.get(id);
      return detector
        ? (await detectIn(quietWorld(given), detector, CONFIG[id] ?? {})).map(({ reason }) => reason)
        : [];
    };
    const hurt = { seconds: (ago: number) => (ago < 3 ? 0.8 : 0.05) };

    expect(await found('cpu-saturation', { pods: pods(OLD, { ...hurt, cpuShare: () => 1 }) })).toEqual([
      'cpu-saturated',
    ]);
    expect(await found('memory-leak', { pods: pods(OLD, { memoryMib: (ago) => 230 - ago }) })).toEqual([
      'memory-leaking',
    ]);
    expect(
      await found('out-of-memory', {
        pods: pods(OLD, { restarts: (ago) => (ago < 5 ? 1 : 0), lastReason: 'OOMKilled' }),
      }),
    ).toEqual(['out-of-memory']);
    expect(await found('missing-telemetry', { pods: pods(OLD, { up: (ago) => (ago < 8 ? 0 : 1) }) })).toEqual([
      'telemetry-missing',
    ]);
    expect(
      await found('autoscaler-at-limit', { pods: pods(OLD, hurt), autoscaler: { max: 3, ofTarget: 140 } }),
    ).toEqual(['autoscaler-at-limit']);
    const bad = pods(NEW, { from: 8, errorShare: () => 0.2 });
    expect(await found('bad-release', { pods: [...pods(OLD, { until: 8 }), ...bad] })).toEqual(['bad-release']);
  });
});
