import { describe, expect, it } from 'vitest';
import type { DetectorWorld } from '../../test/contract/detector-contract.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakePods } from '../../test/fakes/cluster.ts';
import type { FakeSeries } from '../../test/fakes/metrics.ts';
import { badRelease } from './index.ts';

const MINUTE_MS = 60_000;
const NEW = 'orders-6c5b7d8f94-';
const OLD = 'orders-7d9f8c6b5d-';

interface Given {
  /** Minutes since the new revision began, and for how many of them the old one went on; 0 = replaced at once. */
  releasedAgo?: number;
  besideFor?: number;
  /** Share of requests that fail and how long they take, of each revision, by minutes ago. */
  oldErrors?: (ago: number) => number;
  newErrors?: (ago: number) => number;
  oldSeconds?: (ago: number) => number;
  newSeconds?: (ago: number) => number;
  perS?: number;
  naming?: string;
  incidentAgo?: number;
  images?: readonly [string, string];
  imageLabel?: string;
  /** Restarts of the new revision's pods by minutes ago. */
  crashes?: readonly number[];
  oldCrashes?: readonly number[];
  serves?: boolean;
}

function world(given: Given = {}): DetectorWorld {
  const { releasedAgo = 12, besideFor = 0, perS = 4, incidentAgo = 8, serves = true } = given;
  const made = detectorWorld((series, _, now) => {
    const start = now - releasedAgo * MINUTE_MS;
    const old = { from: now - 120 * MINUTE_MS, to: Math.min(now, start + besideFor * MINUTE_MS) };
    if (serves) {
      for (const pod of ['x2k4b', 'x2k4c']) write(series, `${OLD}${pod}`, old, given.oldErrors, given.oldSeconds);
      for (const pod of ['aaaaa', 'bbbbb'])
        write(series, `${NEW}${pod}`, { from: start, to: now }, given.newErrors, given.newSeconds);
    }
    for (const [index, prefix] of [OLD, NEW].entries()) {
      const shape = index === 0 ? old : { from: start, to: now };
      const labels = { namespace: 'shop', pod: `${prefix}aaaaa`, container: 'app' };
      if (given.images) {
        const image = { [given.imageLabel ?? 'image_spec']: given.images[index] ?? '' };
        series.gauge({ __name__: 'kube_pod_container_info', ...labels, ...image }, 1, shape);
      }
      const crashes = index === 0 ? given.oldCrashes : given.crashes;
      if (crashes || given.crashes) {
        const count = (at: number) => (crashes ?? []).filter((ago) => now - ago * MINUTE_MS <= at).length;
        series.gauge({ __name__: 'kube_pod_container_status_restarts_total', ...labels }, count, shape);
      }
    }

    function write(
      into: FakeSeries,
      pod: string,
      shape: { from: number; to: number },
      errors: (ago: number) => number = () => 0.001,
      seconds: (ago: number) => number = () => 0.05,
    ) {
      const ago = (at: number) => (now - at) / MINUTE_MS;
      const name = given.naming ?? 'http_request_duration_seconds';
      const labels = { namespace: 'shop', pod };
      const count = (status: string, perSAt: (at: number) => number) => {
        into.counter({ __name__: `${name}_count`, ...labels, status_code: status }, perSAt, shape);
        into.counter(
          { __name__: `${name}_sum`, ...labels, status_code: status },
          (at) => perSAt(at) * seconds(ago(at)),
          shape,
        );
      };
      count('200', (at) => perS * (1 - errors(ago(at))));
      count('500', (at) => perS * errors(ago(at)));
    }
  });
  // Of the pods only those of the new revision live; the cluster knows their names and labels.
  const { workload } = made.incident;
  const labels = { ...workload.selector, 'pod-template-hash': '6c5b7d8f94' };
  const pods = fakePods(workload, 2).map((pod, index) => ({
    ...pod,
    name: `${NEW}${['aaaaa', 'bbbbb'][index]}`,
    labels,
  }));
  made.cluster.addWorkload(workload, pods);
  return { ...made, incident: { ...made.incident, since: made.now - incidentAgo * MINUTE_MS } };
}

const detect = (given: Given = {}) => detectIn(world(given), badRelease);
const failing = () => 0.22;
const slow = () => 0.6;

describe('bad-release: users are worse off with the new revision', () => {
  it('names both revisions, what changed, when, and how to go back', async () => {
    const sick = world({
      newErrors: failing,
      images: ['registry.example/orders:2.3.9', 'registry.example/orders:2.4.0'],
    });

    const [finding, ...more] = await detectIn(sick, badRelease);

    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      reason: 'bad-release',
      subject: { name: 'orders' },
      confidence: 0.9,
      summary:
        'Deployment shop/orders: revision 6c5b7d8f94 (image registry.example/orders:2.3.9 -> registry.example/orders:2.4.0) fails 22 % of requests; revision 7d9f8c6b5d fails 0.1 %',
      figures: { errorShare: expect.closeTo(0.22, 3), errorShareBefore: expect.closeTo(0.001, 4), sideBySide: 0 },
      mend: 'kubectl -n shop rollout undo deployment/orders',
    });
    expect(Math.abs((finding?.change?.at ?? 0) - (sick.now - 12 * MINUTE_MS))).toBeLessThanOrEqual(MINUTE_MS);
  });

  it.each<[string, Given, number]>([
    ['errors, side by side', { newErrors: failing, besideFor: 12 }, 0.97],
    ['slower only', { newSeconds: slow }, 0.85],
    ['slower only, side by side', { newSeconds: slow, besideFor: 12 }, 0.95],
  ])('%s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ reason: 'bad-release', confidence }]);
  });

  it.each<[string, Given]>([
    ['OpenTelemetry', { naming: 'http_server_request_duration_seconds' }],
    ['OpenTelemetry, with dots', { naming: 'http.server.request.duration' }],
    ['Micrometer', { naming: 'http_server_requests_seconds' }],
    ['RPC', { naming: 'rpc_server_call_duration_seconds' }],
  ])('reads %s', async (_, given) => {
    expect(await detect({ ...given, newErrors: failing })).toMatchObject([{ reason: 'bad-release' }]);
  });

  it('names what Kubernetes keeps of both revisions, and who wrote the new one', async () => {
    const sick = world({ newErrors: failing });
    const revision = (hash: string, number: number, image: string) => ({
      name: `orders-${hash}`,
      uid: hash,
      revision: number,
      createdAt: 0,
      replicas: 3,
      readyReplicas: 3,
      images: [image],
      changeCause: number === 31 ? 'orders 2.4.0' : '',
      template: {
        spec: { containers: [{ name: 'app', image, env: number === 31 ? [{ name: 'FAST', value: '1' }] : [] }] },
      },
    });
    sick.cluster.setDetails({
      revisions: [revision('6c5b7d8f94', 31, 'orders:2.4.0'), revision('7d9f8c6b5d', 30, 'orders:2.3.9')],
    });
    sick.cluster.change(sick.incident.subject, {
      changes: [
        { manager: 'kube-controller-manager', at: 2, subresource: 'scale', fields: ['spec.replicas'] },
        { manager: 'helm', at: 1, subresource: '', fields: ['spec.template.spec'] },
      ],
    });

    const [finding] = await detectIn(sick, badRelease);

    expect(finding?.change).toMatchObject({
      what: 'image orders:2.3.9 -> orders:2.4.0, env FAST added: revision 7d9f8c6b5d -> 6c5b7d8f94 (orders 2.4.0)',
      by: 'helm',
    });
  });

  it('reads the image of kube-state-metrics 1', async () => {
    const given: Given = { newErrors: failing, images: ['orders:1', 'orders:2'], imageLabel: 'image' };

    expect(await detect(given)).toMatchObject([
      { change: { what: expect.stringContaining('image orders:1 -> orders:2') } },
    ]);
  });
});

describe('bad-release: the new revision does not stay up', () => {
  it.each<[string, Given]>([
    ['it never served', { crashes: [1, 3, 5], serves: false }],
    ['the old one serves on', { crashes: [1, 3, 5], besideFor: 12 }],
  ])('%s', async (_, given) => {
    expect(await detect(given)).toMatchObject([
      { reason: 'bad-release', confidence: 0.95, figures: { restarts: 3, podsAffected: 1 } },
    ]);
  });

  it.each<[string, Given]>([
    ['both revisions crash', { crashes: [1, 3, 5], oldCrashes: [13, 15, 17], serves: false }],
    ['one restart', { crashes: [3], serves: false }],
    ['the new one was released long ago', { crashes: [1, 3, 5], releasedAgo: 75, serves: false }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});

describe('bad-release: nothing to blame', () => {
  it.each<[string, Given]>([
    ['the new revision is as well as the old one', {}],
    ['a cold start: slow in its first minute', { newSeconds: (ago) => (ago > 11 ? 2 : 0.05) }],
    ['both are bad, side by side: something that both need', { newErrors: failing, oldErrors: failing, besideFor: 12 }],
    ['users suffered before the release', { newErrors: failing, incidentAgo: 30 }],
    ['well for long after the release, then bad', { releasedAgo: 40, newErrors: (ago) => (ago < 8 ? 0.22 : 0.001) }],
    ['the release is long ago', { releasedAgo: 75, newErrors: failing }],
    ['too few requests', { newErrors: failing, perS: 0.05 }],
    ['nothing was released', { releasedAgo: 119, newErrors: failing }],
    ['a bit slower', { newSeconds: () => 0.07 }],
  ])('%s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
