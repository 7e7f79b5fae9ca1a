import { expect, test } from 'vitest';
import type { ContainerState, ContainerStatus, Pod, PodSpec } from './pod.ts';
import { podPhase, podStatus } from './pod-status.ts';

const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z', containerID: 'process://1' };
const running: ContainerState = { running: { startedAt: times.startedAt } };
const creating: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const ended = (exitCode: number): ContainerState => ({ terminated: { ...times, exitCode, reason: 'Error' } });

function container(state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus {
  const ready = state.running !== undefined;
  return { name: 'c', image: 'i', imageID: 'i', state, lastState: {}, restartCount: 0, ready, started: ready, ...more };
}

function podWith(restartPolicy: NonNullable<PodSpec['restartPolicy']>): Pod {
  return { metadata: { name: 'p', namespace: 'n' }, spec: { restartPolicy, containers: [] } };
}

const crashLooping = container({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: ended(1) });

test.each([
  { policy: 'Always', init: [], containers: [container(creating)], phase: 'Pending' },
  { policy: 'Always', init: [], containers: [container(running), container(creating)], phase: 'Pending' },
  { policy: 'Always', init: [], containers: [container(running)], phase: 'Running' },
  { policy: 'Always', init: [], containers: [crashLooping], phase: 'Running' },
  { policy: 'Always', init: [], containers: [container(ended(0))], phase: 'Running' },
  { policy: 'OnFailure', init: [], containers: [container(ended(0))], phase: 'Succeeded' },
  { policy: 'OnFailure', init: [], containers: [crashLooping], phase: 'Running' },
  { policy: 'Never', init: [], containers: [container(ended(0)), container(ended(2))], phase: 'Failed' },
  { policy: 'Never', init: [], containers: [container(ended(2)), container(running)], phase: 'Running' },
  { policy: 'Always', init: [container(running)], containers: [container(creating)], phase: 'Pending' },
  { policy: 'Always', init: [container(ended(1))], containers: [container(creating)], phase: 'Pending' },
  { policy: 'Never', init: [container(ended(1))], containers: [container(creating)], phase: 'Failed' },
  { policy: 'Always', init: [container(ended(0))], containers: [container(running)], phase: 'Running' },
] as const)('case %#: $policy gives $phase', ({ policy, init, containers, phase }) => {
  expect(podPhase(podWith(policy), init, containers)).toBe(phase);
});

function statusAt(now: string, ready: boolean, previous: ReturnType<typeof podStatus> | undefined) {
  return podStatus({
    pod: podWith('Always'),
    initContainers: [],
    containers: [container(running, { name: 'web', ready })],
    podIp: '10.244.1.2',
    hostIp: '10.244.0.1',
    startTime: '2026-01-01T00:00:00Z',
    now,
    previous,
  });
}

test('readiness names the containers that lack it, and its time moves only with its answer', () => {
  const first = statusAt('2026-01-01T00:00:01Z', false, undefined);
  const second = statusAt('2026-01-01T00:00:02Z', false, first);
  const third = statusAt('2026-01-01T00:00:03Z', true, second);

  const ready = [first, second, third].map((it) => it.conditions?.find(({ type }) => type === 'Ready'));
  expect(ready[0]).toEqual({
    type: 'Ready',
    status: 'False',
    lastTransitionTime: '2026-01-01T00:00:01Z',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [web]',
  });
  expect(ready[1]).toEqual(ready[0]);
  expect(ready[2]).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:03Z' });
});
