import { describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import type { ContainerTrouble, PodView } from '../../src/ports/cluster.ts';
import type { ClusterEvent } from '../../src/ports/cluster-details.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import type { FakeDetails } from '../../test/fakes/cluster.ts';
import { fakePods, fakeRevision } from '../../test/fakes/cluster.ts';
import { workloadNotStarting } from './index.ts';

const MINUTE_MS = 60_000;

interface Given {
  readonly trouble?: Partial<ContainerTrouble>;
  readonly pod?: Partial<PodView>;
  /** Age of the pod in minutes. */
  readonly age?: number;
  readonly missing?: boolean;
  readonly details?: (now: number) => FakeDetails;
}

const waiting = (reason: string, message = '') => ({ waiting: { reason, message } });
const ended = (reason: string, exitCode: number) => ({ reason, exitCode, at: null });

function event(now: number, reason: string, message: string, fields: Partial<ClusterEvent> = {}): ClusterEvent {
  const about = { kind: 'Pod', name: 'orders' };
  const times = { firstAt: now - 9 * MINUTE_MS, lastAt: now - MINUTE_MS };
  return { reason, type: 'Warning', message, count: 9, ...times, reportedBy: 'kubelet', about, ...fields };
}

/** One of three pods of Deployment shop/orders does not start; Prometheus does not answer. */
function world({ trouble, pod, age = 10, missing = false, details }: Given) {
  const made = detectorWorld(() => undefined);
  const workload = { ...made.incident.workload, readyReplicas: 2 };
  const none = {
    name: 'app',
    isInit: false,
    ready: false,
    restarts: 0,
    waiting: null,
    terminated: null,
    lastTerminated: null,
  };
  const sick = {
    ready: false,
    phase: 'Pending',
    createdAt: made.now - age * MINUTE_MS,
    troubles: trouble ? [{ ...none, ...trouble }] : [],
    ...pod,
  };
  const pods = fakePods(workload).map((one, index) => (index === 0 ? { ...one, ...sick } : one));
  made.cluster.addWorkload(workload, missing ? pods.slice(1) : pods);
  if (details) made.cluster.setDetails(details(made.now));
  return { ...made, incident: { ...made.incident, workload } };
}

const detect = (given: Given) => detectIn(world(given), workloadNotStarting);
const unschedulable = (message: string) => ({ pod: { reason: { reason: 'Unschedulable', message } } });

describe('workload-not-starting, by Kubernetes alone', () => {
  it.each<[string, Given, number, string, string]>([
    [
      'image',
      { trouble: waiting('ImagePullBackOff', 'Back-off: manifest unknown') },
      0.95,
      'the registry has no such tag',
      'describe pod',
    ],
    ['image name', { trouble: waiting('InvalidImageName') }, 0.95, 'no image name', 'describe pod'],
    [
      'command',
      { trouble: waiting('RunContainerError', 'exec: "/x": no such file or directory') },
      0.95,
      'its command is not in the image',
      'describe pod',
    ],
    [
      'command, held back',
      { trouble: { ...waiting('CrashLoopBackOff'), restarts: 4, lastTerminated: ended('StartError', 128) } },
      0.95,
      'its command cannot be run',
      'describe pod',
    ],
    [
      'init container',
      {
        trouble: {
          name: 'migrate',
          isInit: true,
          restarts: 4,
          ...waiting('CrashLoopBackOff'),
          lastTerminated: ended('Error', 3),
        },
      },
      0.95,
      'init container migrate: it ends with exit code 3',
      '-c migrate --previous',
    ],
    [
      'init container that hangs',
      { trouble: { name: 'migrate', isInit: true } },
      0.85,
      'init container migrate: it does not end',
      '-c migrate',
    ],
    [
      'ConfigMap',
      { trouble: waiting('CreateContainerConfigError', 'configmap "orders-config" not found') },
      0.95,
      'the ConfigMap orders-config is missing',
      'kubectl -n shop create configmap orders-config --from-env-file=orders-config.env',
    ],
    [
      'Secret',
      { trouble: waiting('CreateContainerConfigError', 'secret "orders-db" not found') },
      0.95,
      'the Secret orders-db is missing',
      'create secret generic orders-db',
    ],
    [
      'key',
      { trouble: waiting('CreateContainerConfigError', "couldn't find key URL in ConfigMap shop/orders-config") },
      0.95,
      'the ConfigMap orders-config has no key URL',
      'edit configmap orders-config',
    ],
    [
      'hostile text',
      { trouble: waiting('CreateContainerConfigError', 'configmap "$(reboot)" not found') },
      0.95,
      'is missing',
      'describe pod',
    ],
    [
      'mounted ConfigMap',
      {
        trouble: waiting('ContainerCreating'),
        details: (now) => ({
          events: [
            event(now, 'FailedMount', 'MountVolume.SetUp failed for volume "c" : configmap "orders-files" not found'),
          ],
        }),
      },
      0.95,
      'the ConfigMap orders-files is missing',
      'create configmap orders-files',
    ],
    [
      'attached elsewhere',
      {
        trouble: waiting('ContainerCreating'),
        details: (now) => ({ events: [event(now, 'FailedAttachVolume', 'Multi-Attach error for volume "pvc-1"')] }),
      },
      0.95,
      'still attached to another node',
      'describe pod',
    ],
    [
      'probe',
      {
        trouble: {},
        pod: { phase: 'Running' },
        details: (now) => ({
          events: [event(now, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404')],
        }),
      },
      0.9,
      'readiness probe has failed 9 times, it answers 404',
      'describe pod',
    ],
    [
      'memory',
      unschedulable('0/3 nodes are available: 3 Insufficient memory.'),
      0.95,
      'too little memory is free for its request (3 nodes)',
      'describe pod',
    ],
    [
      'cordon',
      {
        ...unschedulable('0/1 nodes are available: 1 node(s) were unschedulable.'),
        details: () => ({
          nodes: [{ name: 'node-1', unschedulable: true, conditions: [], taints: [], allocatable: {} }],
        }),
      },
      0.95,
      'a node is cordoned',
      'kubectl uncordon node-1',
    ],
    [
      'taint',
      unschedulable('0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}.'),
      0.95,
      'has a taint',
      '"key":"dedicated","operator":"Equal","value":"gpu"',
    ],
    [
      'claim',
      {
        ...unschedulable('0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
        details: () => ({
          volumeClaims: [{ name: 'data', phase: 'Pending', storageClass: 'gone', capacity: null, createdAt: 0 }],
        }),
      },
      0.95,
      'claims that are not bound: data',
      'describe pvc data',
    ],
    [
      'quota',
      {
        missing: true,
        details: (now) => ({
          events: [
            event(now, 'FailedCreate', 'pods "orders-1" is forbidden: exceeded quota: small, requested: pods=1'),
          ],
          quotas: [{ name: 'small', hard: { pods: '2' }, used: { pods: '2' } }],
        }),
      },
      0.95,
      'quota small is used up (pods 2 of 2)',
      'kubectl -n shop edit quota small',
    ],
  ])('tells %s', async (_, given, confidence, text, mend) => {
    const sick = world(given);
    sick.metrics.fail(new HaleError('metrics-unavailable', 'Prometheus did not answer'));

    const [finding] = await detectIn(sick, workloadNotStarting);

    expect(finding).toMatchObject({ reason: 'workload-not-starting', confidence, figures: { readyReplicas: 2 } });
    expect(finding?.summary).toContain(text);
    expect(finding?.mend).toContain(mend);
  });

  it('names the change that did it and the revision to go back to', async () => {
    const [finding] = await detect({
      trouble: waiting('ImagePullBackOff'),
      details: (now) => ({
        revisions: [
          fakeRevision(8, now - 11 * MINUTE_MS, { image: 'orders:typo' }),
          fakeRevision(7, 0, { image: 'orders:1' }),
        ],
      }),
    });

    expect(finding?.change?.what).toBe('image orders:1 -> orders:typo: revision 7 -> 8');
    expect(finding?.mend).toContain('rollout undo deployment/orders --to-revision=7');
  });

  it.each<[string, Given]>([
    ['a pod that is a minute old', { trouble: waiting('ErrImagePull'), age: 1 }],
    ['a pull that takes three minutes', { trouble: waiting('ContainerCreating'), age: 3 }],
    ['a start that takes three minutes', { trouble: {}, pod: { phase: 'Running' }, age: 3 }],
    [
      'an init container that failed once and runs again',
      { trouble: { name: 'wait', isInit: true, restarts: 1, lastTerminated: ended('Error', 1) }, age: 3 },
    ],
    [
      'a container that crashes did start',
      {
        trouble: { ...waiting('CrashLoopBackOff'), restarts: 4, lastTerminated: ended('Error', 1) },
        pod: { phase: 'Running' },
      },
    ],
    ['a pod that is being deleted', { trouble: waiting('ImagePullBackOff'), pod: { terminating: true } }],
    ['an evicted pod', { pod: { phase: 'Failed', reason: { reason: 'Evicted', message: '' } } }],
    [
      'a node that was asked for two minutes ago',
      {
        ...unschedulable('0/1 nodes are available: 1 Insufficient cpu.'),
        details: (now) => ({ events: [event(now, 'TriggeredScaleUp', '', { firstAt: now - 120_000 })] }),
      },
    ],
    [
      'a pod that was refused once, long ago',
      {
        missing: true,
        details: (now) => ({
          events: [
            event(now, 'FailedCreate', 'exceeded quota: a', {
              firstAt: now - 90 * MINUTE_MS,
              lastAt: now - 80 * MINUTE_MS,
            }),
          ],
        }),
      },
    ],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
