import { describe, expect, it } from 'vitest';
import type { Finding } from '../domain/finding.ts';
import { diagnose } from './index.ts';

type Told = readonly [reason: Finding['reason'], workload: string, confidence: number];

function findings(told: readonly Told[]): Finding[] {
  return told.map(([reason, name, confidence], index) => {
    const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}` };
    return { id: `${index}`, detector: 'test', reason, subject, confidence, summary: '', figures: {}, evidence: [] };
  });
}

/** What each detector says at the same time, as sure as its README says; the first cause is the deeper one, in whatever order they are told. */
describe('a symptom of something deeper does not outbid it', () => {
  it.each<[string, readonly Told[], [Finding['reason'], string]]>([
    [
      'CPU that runs out after a release: the release',
      [
        ['latency-spike', 'orders', 0.95],
        ['cpu-saturated', 'orders', 0.85],
        ['bad-release', 'orders', 0.85],
      ],
      ['bad-release', 'orders'],
    ],
    [
      'a crash loop after a release: the release',
      [
        ['crash-looping', 'orders', 0.9],
        ['bad-release', 'orders', 0.95],
      ],
      ['bad-release', 'orders'],
    ],
    [
      'OOM kills after a release: the release',
      [
        ['out-of-memory', 'orders', 0.95],
        ['bad-release', 'orders', 0.96],
      ],
      ['bad-release', 'orders'],
    ],
    [
      'slow queries since a release: the release',
      [
        ['slow-query', 'orders', 0.9],
        ['bad-release', 'orders', 0.85],
      ],
      ['bad-release', 'orders'],
    ],
    [
      'a leak since a release: the release',
      [
        ['connection-leak', 'orders', 0.95],
        ['bad-release', 'orders', 0.95],
      ],
      ['bad-release', 'orders'],
    ],
    [
      'OOM kills, and restarts that other containers counted: memory',
      [
        ['crash-looping', 'orders', 0.9],
        ['out-of-memory', 'orders', 0.95],
      ],
      ['out-of-memory', 'orders'],
    ],
    [
      'a kill at the end of a leak: the kill is there, and the leak explains it later',
      [
        ['memory-leaking', 'orders', 0.8],
        ['out-of-memory', 'orders', 0.95],
      ],
      ['out-of-memory', 'orders'],
    ],
    [
      'sessions that wait for a lock, and the pool of their client: the lock',
      [
        ['connection-pool-waiting', 'orders', 0.95],
        ['lock-waits', 'orders', 0.9],
      ],
      ['lock-waits', 'orders'],
    ],
    [
      'an old exporter that is unsure of locks: more replicas are still no answer',
      [
        ['connection-pool-waiting', 'orders', 0.95],
        ['lock-waits', 'orders', 0.6],
      ],
      ['lock-waits', 'orders'],
    ],
    [
      'slow queries, and the pool of their client: the queries',
      [
        ['connection-pool-waiting', 'orders', 0.95],
        ['slow-query', 'orders', 0.65],
      ],
      ['slow-query', 'orders'],
    ],
    [
      'a leak, and the pool: the leak',
      [
        ['connection-pool-waiting', 'orders', 0.95],
        ['connection-leak', 'orders', 0.75],
      ],
      ['connection-leak', 'orders'],
    ],
    [
      'a callee that does not answer: the callee, not the latency or the CPU of its caller',
      [
        ['latency-spike', 'web', 0.95],
        ['cpu-saturated', 'web', 0.5],
        ['dependency-down', 'orders', 0.8],
      ],
      ['dependency-down', 'orders'],
    ],
    [
      'a callee that crashes and does not answer: the crash',
      [
        ['dependency-down', 'orders', 0.8],
        ['crash-looping', 'orders', 0.9],
      ],
      ['crash-looping', 'orders'],
    ],
    [
      'a callee without replicas: that',
      [
        ['dependency-down', 'orders', 0.8],
        ['scaled-to-zero', 'orders', 0.95],
      ],
      ['scaled-to-zero', 'orders'],
    ],
    [
      'a callee whose image is missing: that',
      [
        ['dependency-down', 'orders', 0.8],
        ['workload-not-starting', 'orders', 0.95],
      ],
      ['workload-not-starting', 'orders'],
    ],
    [
      'a callee that is slow because its pool waits: the pool',
      [
        ['dependency-slow', 'orders', 0.55],
        ['connection-pool-waiting', 'orders', 0.9],
      ],
      ['connection-pool-waiting', 'orders'],
    ],
    [
      'something outside is down, and its callers fail: what is outside',
      [
        ['dependency-down', 'orders', 0.6],
        ['dependency-down', 'payments-client', 0.9],
      ],
      ['dependency-down', 'payments-client'],
    ],
    [
      'an autoscaler at its maximum, and CPU: the maximum',
      [
        ['cpu-saturated', 'orders', 0.85],
        ['autoscaler-at-limit', 'orders', 0.85],
      ],
      ['autoscaler-at-limit', 'orders'],
    ],
    [
      'CPU that runs out because many times as many requests come: the surge, as sure as both are together',
      [
        ['cpu-saturated', 'orders', 0.85],
        ['traffic-surge', 'orders', 0.5],
      ],
      ['traffic-surge', 'orders'],
    ],
    [
      'a surge at its caller, and CPU of its own: each as sure as it is',
      [
        ['cpu-saturated', 'orders', 0.85],
        ['traffic-surge', 'web', 0.6],
      ],
      ['cpu-saturated', 'orders'],
    ],
    [
      'scrapes that fail for want of CPU: the CPU',
      [
        ['telemetry-missing', 'orders', 0.7],
        ['cpu-saturated', 'orders', 0.85],
      ],
      ['cpu-saturated', 'orders'],
    ],
    [
      'a certificate that ends next week: not what hurts now',
      [
        ['certificate-expiring', 'orders', 0.3],
        ['cpu-saturated', 'orders', 0.5],
      ],
      ['cpu-saturated', 'orders'],
    ],
    [
      'a full disk under a database, and its slow queries: the disk',
      [
        ['slow-query', 'orders', 0.9],
        ['disk-filling', 'orders', 0.9],
      ],
      ['disk-filling', 'orders'],
    ],
  ])('%s', (_, told, [reason, name]) => {
    for (const order of [told, told.toReversed()]) {
      const [first] = diagnose(findings(order)).causes;

      expect(first).toMatchObject({ reason, subject: { name } });
    }
  });

  it.each([
    ['cpu-saturated', 'autoscaler-at-limit'],
    ['cpu-saturated', 'traffic-surge'],
    ['traffic-surge', 'autoscaler-at-limit'],
  ] as const)('%s is what %s on the same subject looks like', (symptom, reason) => {
    const { causes } = diagnose(
      findings([
        [symptom, 'orders', 0.9],
        [reason, 'orders', 0.6],
      ]),
    );

    expect(causes).toMatchObject([{ reason, explains: ['1', '0'] }]);
  });

  it.each(['database-connections-exhausted', 'lock-waits', 'slow-query', 'connection-leak'] as const)(
    '%s leaves no plan to scale out: a waiting pool on the same subject is its symptom, however sure',
    (reason) => {
      const { causes } = diagnose(
        findings([
          ['connection-pool-waiting', 'orders', 0.99],
          [reason, 'orders', 0.5],
        ]),
      );

      expect(causes).toMatchObject([{ reason, explains: ['1', '0'] }]);
    },
  );
});
