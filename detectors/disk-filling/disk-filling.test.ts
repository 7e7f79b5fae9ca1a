import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { type FakeDetails, fakePods, fakeRevision, fakeWorkload } from '../../test/fakes/cluster.ts';
import { diskFilling } from './index.ts';

const MINUTE_MS = 60_000;
const GIB = 2 ** 30;

interface Given {
  /** GiB of 10 used, by minutes ago. */
  used?: (ago: number) => number;
  names?: readonly [free: string, all: string];
  labels?: Record<string, string>;
  kind?: 'StatefulSet' | 'Deployment';
  alert?: Record<string, string>;
  config?: unknown;
  details?: FakeDetails;
  /** Of a metric that counts what is used, without a capacity beside it. */
  usedOnly?: boolean;
}

const CLAIM = { namespace: 'shop', persistentvolumeclaim: 'data-orders-0' };
const KUBELET = ['kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'] as const;

/** 9.1 GiB of 10 now, and 0.02 GiB more each minute. */
const filling = (ago: number) => 9.1 - 0.02 * Math.min(ago, 120);

function detect(given: Given = {}) {
  const { used = filling, names = KUBELET, labels = CLAIM, kind = 'StatefulSet', alert = {}, config = {} } = given;
  const world = detectorWorld((series, _, now) => {
    const shape = { from: now - 400 * MINUTE_MS, to: now, everyMs: MINUTE_MS };
    const bytes = (at: number) => used((now - at) / MINUTE_MS) * GIB;
    const free = (at: number) => (given.usedOnly ? bytes(at) : 10 * GIB - bytes(at));
    series.gauge({ __name__: names[0], ...labels }, free, shape);
    if (!given.usedOnly) series.gauge({ __name__: names[1], ...labels }, 10 * GIB, shape);
  });
  const workload = fakeWorkload({ subject: { kind } });
  world.cluster.setDetails(given.details ?? {});
  world.cluster.addWorkload(workload, fakePods(workload));
  const signals = [{ name: 'KubePersistentVolumeFillingUp', labels: alert, startedAt: world.now }];
  return detectIn(
    { ...world, incident: { ...world.incident, subject: workload.subject, workload, signals } },
    diskFilling,
    config,
  );
}

/** A claim of the class `fast`. */
function claimOf(name: string, allowsExpansion: boolean): FakeDetails {
  return {
    volumeClaims: [{ name, phase: 'Bound', storageClass: 'fast', capacity: '10Gi', createdAt: 0 }],
    storageClasses: [{ name: 'fast', allowsExpansion }],
  };
}

function mounted(claimName: string): FakeDetails {
  const containers = [{ name: 'app', volumeMounts: [{ name: 'data', mountPath: '/var/lib/orders' }] }];
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }];
  return { object: { spec: { template: { spec: { containers, volumes } } } } };
}

/** The second revision was made so many minutes ago. */
function releasedBefore(minutes: number): FakeDetails {
  const at = detectorWorld(() => undefined).now - minutes * MINUTE_MS;
  return { revisions: [fakeRevision(2, at, { image: 'registry.example/app:2' }), fakeRevision(1, 0)] };
}

const NODE = { instance: 'node-1:9100', mountpoint: '/', device: '/dev/sda1', fstype: 'ext4' };

describe('disk-filling', () => {
  it('names the volume, how full it is and when it will be, and no command that may be refused', async () => {
    const [finding] = await detect();

    expect(finding).toMatchObject({
      reason: 'disk-filling',
      confidence: 0.75,
      summary: 'StatefulSet shop/orders: PVC data-orders-0: 91 % of its bytes used, full in 45 minutes',
      figures: { capacityBytes: 10 * GIB, usedShare: expect.closeTo(0.91, 3) },
    });
    expect(finding).not.toHaveProperty('mend');
  });

  it('gives the size to grow to where the storage class allows it', async () => {
    const [finding] = await detect({ details: claimOf('data-orders-0', true) });

    expect(finding?.summary).toContain('StorageClass fast allows it to grow');
    expect(finding?.mend).toBe(
      `kubectl -n shop patch pvc data-orders-0 -p '{"spec":{"resources":{"requests":{"storage":"15Gi"}}}}'`,
    );
  });

  it('names the release since which it fills, and goes back to the one before where it cannot grow', async () => {
    const [finding] = await detect({
      kind: 'Deployment',
      labels: { ...CLAIM, persistentvolumeclaim: 'journal' },
      details: { ...claimOf('journal', false), ...mounted('journal'), ...releasedBefore(121) },
    });

    expect(finding).toMatchObject({
      summary: expect.stringMatching(/it fills since \d\d:\d\dZ; StorageClass fast does not allow it to grow$/),
      change: {
        what: expect.stringContaining('image registry.example/app:1 -> registry.example/app:2: revision 1 -> 2'),
      },
      mend: 'kubectl -n shop rollout undo deployment/orders --to-revision=1',
    });
  });

  it.each<[string, FakeDetails]>([
    ['an older release', releasedBefore(300)],
    ['one that came when it was filling already', releasedBefore(60)],
    ['none', {}],
  ])('blames no release, and looks at what takes the room: %s', async (_, revisions) => {
    const [finding] = await detect({
      kind: 'Deployment',
      labels: { ...CLAIM, persistentvolumeclaim: 'journal' },
      details: { ...claimOf('journal', false), ...mounted('journal'), ...revisions },
    });

    expect(finding).not.toHaveProperty('change');
    expect(finding?.mend).toMatch(/^kubectl -n shop exec orders-\S+ -c app -- du -xkd 2 \/var\/lib\/orders$/);
  });

  it.each<[string, Given, string]>([
    [
      'the kubelet, honor_labels off',
      { labels: { namespace: 'mon', exported_namespace: 'shop', persistentvolumeclaim: 'data-orders-0' } },
      'PVC data-orders-0',
    ],
    [
      'inodes',
      { names: ['kubelet_volume_stats_inodes_free', 'kubelet_volume_stats_inodes'] },
      '91 % of its inodes used',
    ],
    [
      'OpenTelemetry',
      {
        names: ['k8s_volume_available_bytes', 'k8s_volume_capacity_bytes'],
        labels: { k8s_namespace_name: 'shop', k8s_persistentvolumeclaim_name: 'data-orders-1' },
      },
      'PVC data-orders-1',
    ],
    [
      'a claim that the alert names',
      {
        kind: 'Deployment',
        labels: { ...CLAIM, persistentvolumeclaim: 'uploads' },
        alert: { persistentvolumeclaim: 'uploads' },
      },
      'PVC uploads',
    ],
    [
      'the disk of a node',
      { names: ['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'], labels: NODE },
      '/ of node node-1',
    ],
    [
      'the disk of a node by label',
      {
        names: ['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'],
        labels: { ...NODE, instance: '10.0.0.1:9100', node: 'node-1' },
      },
      '/ of node node-1',
    ],
    [
      'the disk of a node, OpenTelemetry',
      {
        names: ['k8s_node_filesystem_available_bytes', 'k8s_node_filesystem_capacity_bytes'],
        labels: { k8s_node_name: 'node-1' },
      },
      'the disk of node node-1',
    ],
    [
      'a database against its declared size',
      {
        names: ['pg_database_size_bytes', ''],
        usedOnly: true,
        labels: { job: 'postgres', datname: 'shop' },
        config: { databases: [{ name: 'shop', matchers: { job: 'postgres' } }], databaseMaxBytes: { shop: 10 * GIB } },
      },
      'database shop: 91 %',
    ],
  ])('reads %s', async (_, given, text) => {
    expect(await detect(given)).toMatchObject([{ summary: expect.stringContaining(text) }]);
  });

  it.each<[string, Given, number]>([
    ['it is full', { used: () => 9.8 }, 0.9],
    ['hours to go', { used: (ago) => 9 - 0.006 * ago }, 0.5],
  ])('is as sure as it can be: %s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ confidence }]);
  });

  it.each<[string, Given]>([
    ['full for long at the same level', { used: () => 9.1 }],
    ['growing and nearly empty', { used: (ago) => 3 - 0.02 * Math.min(ago, 120) }],
    ['space is freed again and again', { used: (ago) => 8.3 + 0.02 * (60 - ((ago + 10) % 60)) }],
    ['full in some days', { used: (ago) => 8 - 0.0005 * ago }],
    ['a claim of somebody else', { labels: { ...CLAIM, persistentvolumeclaim: 'data-billing-0' } }],
    [
      'the disk of another node',
      {
        names: ['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'],
        labels: { ...NODE, instance: 'node-2:9100' },
      },
    ],
    [
      'memory that looks like a disk',
      { names: ['node_filesystem_avail_bytes', 'node_filesystem_size_bytes'], labels: { ...NODE, fstype: 'tmpfs' } },
    ],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
