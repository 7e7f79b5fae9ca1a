import { describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import { Finding } from '../../src/domain/finding.ts';
import { Permission } from '../../src/domain/permission.ts';
import type { IncidentView } from '../../src/plugin/context.ts';
import type { Detector } from '../../src/plugin/detector.ts';
import type { FakeCluster } from '../fakes/cluster.ts';
import { fakeCluster, fakePods, fakeWorkload } from '../fakes/cluster.ts';
import { type FakeLogs, fakeLogs } from '../fakes/logs.ts';
import type { FakeMetrics, FakeSeries } from '../fakes/metrics.ts';
import { fakeMetrics, fakeSeries } from '../fakes/metrics.ts';
import { fakeReadContext } from '../fakes/read-context.ts';

const NOW = 1_800_000_000_000;

export interface DetectorWorld {
  readonly cluster: FakeCluster;
  readonly metrics: FakeMetrics;
  readonly series: FakeSeries;
  readonly logs: FakeLogs;
  readonly incident: IncidentView;
  /** Pods of the incident's workload, which is Deployment shop/orders. */
  readonly pods: readonly string[];
  readonly now: number;
}

export function detectorWorld(
  write: (series: FakeSeries, pods: readonly string[], now: number, cluster: FakeCluster, logs: FakeLogs) => void,
): DetectorWorld {
  const workload = fakeWorkload();
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(workload);
  const series = fakeSeries();
  const pods = fakePods(workload).map((pod) => pod.name);
  const logs = fakeLogs(cluster.reader);
  write(series, pods, NOW, cluster, logs);
  const since = NOW - 120_000;
  const signals = [{ name: 'HighLatency', labels: { namespace: 'shop', deployment: 'orders' }, startedAt: since }];
  const now = cluster.reader.workload(workload.subject) ?? workload;
  const incident = { id: 'incident-1', subject: workload.subject, workload: now, signals, since };
  return { cluster, metrics: fakeMetrics(series.store), series, logs, incident, pods, now: NOW };
}

export function detectIn(world: DetectorWorld, detector: Detector, config: unknown = {}) {
  const { metrics, cluster, logs } = world;
  const ctx = fakeReadContext({ metrics, cluster, logs: logs.reader, now: () => world.now });
  return detector.detect(world.incident, config, ctx);
}

/**
 * What every detector keeps to. `sick` writes series in which it finds something on Deployment shop/orders, with `config`;
 * `names` are the metrics that it reads.
 */
export function detectorContract(
  detector: Detector,
  given: {
    sick: Parameters<typeof detectorWorld>[0];
    config?: unknown;
    names: readonly string[];
    /** Kubernetes or logs alone show it: found without metrics as well. */
    withoutMetrics?: true;
  },
): void {
  describe(`detector contract: ${detector.id}`, () => {
    it('has an id in kebab-case, known permissions, and a default for every key', () => {
      expect(detector.id).toMatch(/^[a-z][a-z0-9-]+$/);
      expect(() => detector.needs.map((need) => Permission.parse(need))).not.toThrow();
      expect(detector.listensTo.length).toBeGreaterThan(0);
      expect(detector.config.safeParse({}).success).toBe(true);
      expect(detector.config.safeParse({ noSuchKey: 1 }).success).toBe(false);
    });

    it('gives findings that satisfy the schema, with evidence that was read', async () => {
      const world = detectorWorld(given.sick);

      const findings = await detectIn(world, detector, given.config);

      expect(findings).not.toEqual([]);
      for (const finding of findings) {
        expect(Finding.parse(finding)).toEqual(finding);
        expect(finding.detector).toBe(detector.id);
        expect(finding.evidence.length).toBeGreaterThan(0);
        expect(Object.values(finding.figures).every(Number.isFinite)).toBe(true);
      }
    });

    it('says the same when it looks again', async () => {
      const world = detectorWorld(given.sick);

      const first = await detectIn(world, detector, given.config);
      const second = await detectIn(world, detector, given.config);

      const told = (findings: readonly Finding[]) =>
        findings.map(({ reason, subject, confidence, figures }) => ({ reason, subject, confidence, figures }));
      expect(told(second)).toEqual(told(first));
    });

    it('finds nothing where there are no series', async () => {
      expect(
        await detectIn(
          detectorWorld(() => undefined),
          detector,
          given.config,
        ),
      ).toEqual([]);
    });

    it('finds nothing in NaN', async () => {
      const world = detectorWorld((series, pods, now) => {
        for (const pod of pods) {
          for (const name of given.names) {
            series.gauge({ __name__: name, namespace: 'shop', pod }, Number.NaN, { from: now - 3_600_000, to: now });
          }
        }
      });

      expect(await detectIn(world, detector, given.config)).toEqual([]);
    });

    it('never takes it for nothing that it could not look', async () => {
      const world = detectorWorld(given.sick);
      world.metrics.fail(new HaleError('metrics-unavailable', 'Prometheus did not answer'));

      const looking = detectIn(world, detector, given.config);

      const outcome = await looking.then(
        (findings) => (findings.length > 0 ? 'found' : 'nothing'),
        (error: unknown) => (error instanceof HaleError ? error.code : 'threw'),
      );
      expect(outcome).toBe(given.withoutMetrics ? 'found' : 'metrics-unavailable');
    });

    it('asks few queries', async () => {
      const world = detectorWorld(given.sick);

      await detectIn(world, detector, given.config);

      expect(world.metrics.asked.length).toBeLessThanOrEqual(6);
    });
  });
}
