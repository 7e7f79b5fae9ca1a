import type { ContainerTrouble, PodView } from '../../src/ports/cluster.ts';
import type { StuckPod } from './judge.ts';
import { WAITING_REASONS } from './pod-states.ts';
import type { WorkloadNotStartingConfig } from './schema.ts';

/** Ends of a container that never ran at all. */
const NEVER_RAN: ReadonlySet<string> = new Set(['StartError', 'ContainerCannotRun']);

/** Pods that do not start, by what Kubernetes itself keeps of them: no metrics needed. One that is young still starts. */
export function stuckByCluster(
  pods: readonly PodView[],
  now: number,
  config: WorkloadNotStartingConfig,
): readonly StuckPod[] {
  return pods.flatMap((pod) => {
    if (pod.ready || pod.terminating || pod.phase === 'Succeeded' || pod.phase === 'Failed') return [];
    return unscheduled(pod, now, config) ?? stuckContainer(pod, now, config) ?? [];
  });
}

function unscheduled(pod: PodView, now: number, config: WorkloadNotStartingConfig): StuckPod | null {
  const { reason = '', message = '' } = pod.reason ?? {};
  if (reason !== 'Unschedulable' && reason !== 'SchedulingGated') return null;
  if (now - pod.createdAt < config.refusedFor) return null;
  const text = reason === 'Unschedulable' ? 'no node has room for it, or may take it' : 'a scheduling gate holds it';
  return { pod: pod.name, container: '', reason, text, confidence: 0.95, message };
}

/** Init containers run first: what holds one of them holds the others. */
function stuckContainer(pod: PodView, now: number, config: WorkloadNotStartingConfig): StuckPod | null {
  const inOrder = pod.troubles.toSorted((a, b) => Number(b.isInit) - Number(a.isInit));
  for (const trouble of inOrder) {
    const told = containerReason(trouble, pod);
    if (told === null) continue;
    // It may have run well until it ended: only from then on is it held.
    const since = Math.max(pod.createdAt, trouble.lastTerminated?.at ?? 0);
    const isOld = now - since >= (told.refused ? config.refusedFor : config.slowFor);
    const isLoop = told.reason === 'InitContainerFails' && now - pod.createdAt >= config.refusedFor;
    if (!isOld && !isLoop) continue;
    const { reason, text, confidence } = told;
    const message = trouble.waiting?.message ?? '';
    const who = trouble.isInit ? `init container ${trouble.name}` : trouble.name || 'a container';
    return { pod: pod.name, container: trouble.name, reason, text: `${who}: ${text}`, confidence, message };
  }
  return null;
}

interface Told {
  readonly reason: string;
  readonly text: string;
  readonly refused: boolean;
  readonly confidence: number;
}

function containerReason(
  { isInit, ready, restarts, waiting, terminated, lastTerminated }: ContainerTrouble,
  pod: PodView,
): Told | null {
  if (ready) return null;
  const end = terminated ?? lastTerminated;
  if (end !== null && NEVER_RAN.has(end.reason)) {
    return { reason: end.reason, text: 'its command cannot be run', refused: true, confidence: 0.95 };
  }
  // One that failed once and runs again may only have waited for somebody.
  const isHeld = waiting !== null || terminated !== null || restarts >= 3;
  if (isInit && isHeld && end !== null && end.exitCode !== 0) {
    const why = end.reason === 'OOMKilled' ? 'runs out of memory' : `ends with exit code ${end.exitCode}`;
    return { reason: 'InitContainerFails', text: `it ${why}`, refused: true, confidence: 0.95 };
  }
  const known = waiting === null ? undefined : WAITING_REASONS[waiting.reason];
  // The main containers wait for the init containers, whose own entry comes first.
  if (waiting !== null && known !== undefined) {
    return { reason: waiting.reason, ...known, confidence: known.refused ? 0.95 : 0.85 };
  }
  if (waiting !== null || terminated !== null || pod.phase === 'Unknown') return null;
  if (isInit) return { reason: 'PodInitializing', text: 'it does not end', refused: false, confidence: 0.85 };
  if (restarts > 0 || pod.phase !== 'Running') return null;
  return { reason: 'NotReady', text: 'it runs and its readiness probe fails', refused: false, confidence: 0.7 };
}
