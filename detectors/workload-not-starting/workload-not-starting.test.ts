import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakePods } from '../../test/fakes/cluster.ts';
import { workloadNotStarting } from './index.ts';

const MINUTE_MS = 60_000;

interface Given {
  /** Metric, labels and for how many minutes it has been 1. */
  states?: readonly (readonly [name: string, labels: Record<string, string>, minutes: number])[];
  ready?: boolean;
  phase?: string;
  pods?: number;
  /** A condition of the Deployment itself. */
  replicaFailureFor?: number;
  place?: (pod: string) => Record<string, string>;
}

const waiting = (reason: string, minutes = 10, init = false) =>
  [`kube_pod_${init ? 'init_' : ''}container_status_waiting_reason`, { container: 'app', reason }, minutes] as const;

/** One of three pods of Deployment shop/orders is not ready. */
function world({ states = [], ready = false, phase = 'Pending', pods = 3, replicaFailureFor, place }: Given) {
  const made = detectorWorld((series, [sick = ''], now) => {
    for (const [name, labels, minutes] of states) {
      const shape = { from: now - minutes * MINUTE_MS, to: now };
      series.gauge({ __name__: name, ...(place?.(sick) ?? { namespace: 'shop', pod: sick }), ...labels }, 1, shape);
    }
    if (replicaFailureFor === undefined) return;
    const labels = { namespace: 'shop', deployment: 'orders', condition: 'ReplicaFailure', status: 'true' };
    const shape = { from: now - replicaFailureFor * MINUTE_MS, to: now };
    series.gauge({ __name__: 'kube_deployment_status_condition', ...labels }, 1, shape);
  });
  const workload = { ...made.incident.workload, readyReplicas: 2 };
  const own = fakePods(workload, pods).map((pod, index) => (index === 0 && !ready ? { ...pod, ready, phase } : pod));
  made.cluster.addWorkload(workload, own);
  return { ...made, incident: { ...made.incident, workload } };
}

const detect = (given: Given) => detectIn(world(given), workloadNotStarting);

describe('workload-not-starting', () => {
  it('names the pod, the reason and the image', async () => {
    const [finding] = await detect({ states: [waiting('ImagePullBackOff')] });

    expect(finding).toMatchObject({
      reason: 'workload-not-starting',
      confidence: 0.95,
      figures: { podsStuck: 1, readyReplicas: 2, replicas: 3 },
    });
    expect(finding?.summary).toMatch(
      /1 pods do not start, orders-\S+: ImagePullBackOff, app: its image cannot be pulled \(registry\.example\/app:1\)/,
    );
    expect(finding?.mend).toContain('kubectl -n shop describe pod orders-');
  });

  it.each<[string, Given, number, string]>([
    ['no image name', { states: [waiting('InvalidImageName')] }, 0.95, 'no image name'],
    ['a missing ConfigMap or Secret', { states: [waiting('CreateContainerConfigError')] }, 0.95, 'ConfigMap'],
    ['a command that cannot be run', { states: [waiting('RunContainerError')] }, 0.95, 'command'],
    ['an init container without image', { states: [waiting('ErrImagePull', 10, true)] }, 0.95, 'init container app'],
    [
      'an init container that does not end',
      { states: [waiting('PodInitializing')] },
      0.85,
      'init container does not end',
    ],
    ['a volume that does not come', { states: [waiting('ContainerCreating')] }, 0.85, 'volumes'],
    ['no node', { states: [['kube_pod_status_unschedulable', {}, 10]] }, 0.95, 'Unschedulable, no node has room'],
    [
      'a probe',
      {
        phase: 'Running',
        states: [
          ['kube_pod_status_ready', { condition: 'false' }, 10],
          ['kube_pod_container_status_running', { container: 'app' }, 10],
        ],
      },
      0.7,
      'readiness probe fails',
    ],
    ['a quota', { pods: 2, ready: true, replicaFailureFor: 10 }, 0.95, 'FailedCreate, its pods may not be created'],
    [
      'OpenTelemetry',
      { states: [['k8s_container_status_reason', { k8s_container_status_reason: 'ImagePullBackOff' }, 10]] },
      0.95,
      'cannot be pulled',
    ],
    [
      'honor_labels off',
      {
        states: [waiting('ImagePullBackOff')],
        place: (pod) => ({ namespace: 'mon', pod: 'ksm', exported_namespace: 'shop', exported_pod: pod }),
      },
      0.95,
      'cannot be pulled',
    ],
  ])('tells %s', async (_, given, confidence, text) => {
    expect(await detect(given)).toMatchObject([{ confidence, summary: expect.stringContaining(text) }]);
  });

  it('takes the two reasons of a failing pull for one', async () => {
    const turns = detectorWorld((series, [sick = ''], now) => {
      for (const [index, reason] of ['ErrImagePull', 'ImagePullBackOff'].entries()) {
        const labels = {
          __name__: 'kube_pod_container_status_waiting_reason',
          namespace: 'shop',
          pod: sick,
          container: 'app',
          reason,
        };
        series.gauge(labels, (at) => (Math.floor(at / MINUTE_MS) % 2 === index ? 1 : 0), {
          from: now - 10 * MINUTE_MS,
          to: now,
        });
      }
    });
    const workload = { ...turns.incident.workload, readyReplicas: 2 };
    turns.cluster.addWorkload(
      workload,
      fakePods(workload).map((pod, index) => ({ ...pod, ready: index > 0 })),
    );

    expect(await detectIn({ ...turns, incident: { ...turns.incident, workload } }, workloadNotStarting)).toHaveLength(
      1,
    );
  });

  it.each<[string, Given]>([
    ['a rollout under way: its pods are being created', { states: [waiting('ContainerCreating', 2)] }],
    ['an image that is being pulled again', { states: [waiting('ErrImagePull', 1)] }],
    [
      'a start that takes three minutes',
      { phase: 'Running', states: [['kube_pod_status_ready', { condition: 'false' }, 3]] },
    ],
    ['a container that crashes did start', { phase: 'Running', states: [waiting('CrashLoopBackOff')] }],
    ['the pod has become ready since', { ready: true, states: [waiting('ImagePullBackOff')] }],
    ['a pod that has done its work', { phase: 'Succeeded', states: [waiting('ContainerCreating')] }],
    ['nothing is told', {}],
    ['a pod that is missing for a moment', { pods: 2, ready: true, replicaFailureFor: 0.5 }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
