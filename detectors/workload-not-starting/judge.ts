import type { PodView } from '../../src/ports/cluster.ts';
import type { Points, WorkloadSeries } from '../../src/workload-metrics/index.ts';
import { valuesWithin } from '../../src/workload-metrics/index.ts';
import type { StateRole } from './pod-states.ts';
import { WAITING_REASONS } from './pod-states.ts';
import type { WorkloadNotStartingConfig } from './schema.ts';

export interface StuckPod {
  readonly pod: string;
  readonly container: string;
  /** As Kubernetes names it: ImagePullBackOff, Unschedulable, NotReady. */
  readonly reason: string;
  readonly text: string;
  readonly confidence: number;
  /** What Kubernetes says of it; hostile, and never told on. */
  readonly message?: string;
}

export const STEP_MS = 30_000;

/** Pods that are there, are not ready, and have been held by one reason for too long. One that merely starts is not here. */
export function stuckPods(
  series: readonly WorkloadSeries<StateRole>[],
  pods: readonly PodView[],
  at: number,
  config: WorkloadNotStartingConfig,
): readonly StuckPod[] {
  const waiting = pods.filter((pod) => !pod.ready && pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
  return waiting.flatMap(({ name }) => {
    const own = series.filter((one) => one.pod === name);
    const held = (one: WorkloadSeries<StateRole>, forMs: number) => isHeld(one.points, at, forMs);
    return waitingReason(own, held, config) ?? stateOf(own, name, held, config) ?? [];
  });
}

/** Whether it was 1 at every moment of the time, both ends included. */
export function isHeld(points: Points, at: number, forMs: number): boolean {
  const values = valuesWithin(points, at - forMs - 1, at);
  return values.length > Math.floor(forMs / STEP_MS) && values.every((value) => value === 1);
}

type Held = (one: WorkloadSeries<StateRole>, forMs: number) => boolean;

/** The reasons for an image that cannot be pulled take turns: all of one meaning count together. */
function waitingReason(
  own: readonly WorkloadSeries<StateRole>[],
  held: Held,
  config: WorkloadNotStartingConfig,
): StuckPod | null {
  const reasons = own.filter((one) => one.role === 'reason' || one.role === 'init-reason');
  for (const one of reasons) {
    const reason = reasonOf(one);
    const known = WAITING_REASONS[reason];
    if (known === undefined) continue;
    const same = reasons.filter(
      (other) => other.container === one.container && WAITING_REASONS[reasonOf(other)]?.text === known.text,
    );
    const points = new Map(same.flatMap((other) => [...other.points].filter(([, value]) => value === 1)));
    if (!held({ ...one, points }, known.refused ? config.refusedFor : config.slowFor)) continue;
    const init = one.role === 'init-reason' ? 'init container ' : '';
    const text = `${init}${one.container || 'a container'}: ${known.text}`;
    return { pod: one.pod, container: one.container, reason, text, confidence: known.refused ? 0.95 : 0.85 };
  }
  return null;
}

function reasonOf({ labels }: WorkloadSeries<StateRole>): string {
  return labels.reason ?? labels.k8s_container_status_reason ?? '';
}

function stateOf(
  own: readonly WorkloadSeries<StateRole>[],
  pod: string,
  held: Held,
  config: WorkloadNotStartingConfig,
): StuckPod | null {
  const isState = (role: StateRole, forMs: number, status?: string) =>
    own.some(
      (one) => one.role === role && (status === undefined || one.labels.condition === status) && held(one, forMs),
    );
  if (isState('unschedulable', config.refusedFor)) {
    const text = 'no node has room for it, or may take it';
    return { pod, container: '', reason: 'Unschedulable', text, confidence: 0.95 };
  }
  // It runs, nothing ends it, and its readiness probe never succeeds.
  if (isState('not-ready', config.slowFor, 'false') && isState('running', config.slowFor)) {
    return { pod, container: '', reason: 'NotReady', text: 'it runs and its readiness probe fails', confidence: 0.7 };
  }
  return null;
}
