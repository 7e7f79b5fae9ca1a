import type { Subject } from '../../src/domain/subject.ts';
import type { ContainerEnds } from '../../src/workload-metrics/index.ts';
import { hashOf } from './revisions.ts';

export interface Crashing {
  readonly hash: string;
  readonly podsCrashing: number;
  readonly pods: number;
  readonly restarts: number;
  readonly outOfMemory: boolean;
  /** When its first pod was seen (Unix ms). */
  readonly from: number;
  /** The revision that was there before it. */
  readonly before: string;
}

/** Least restarts that are no accident. */
const MIN_RESTARTS = 2;

/** The revision whose pods end again and again while those of every other one do not; null when there is none, or no other one to compare with. */
export function crashingRevision(
  ends: readonly ContainerEnds[],
  subject: Subject,
  live: ReadonlyMap<string, string>,
): Crashing | null {
  const byHash = Map.groupBy(ends, (one) => hashOf(one.pod, subject, live) ?? '');
  byHash.delete('');
  if (byHash.size < 2) return null;
  const crashing = [...byHash].filter(([, own]) => own.some(isCrashing));
  const [only, another] = crashing;
  if (only === undefined || another !== undefined) return null;
  const [hash, own] = only;
  const worst = own.filter(isCrashing);
  const seenFrom = (of: readonly ContainerEnds[]) => Math.min(...of.map((one) => one.seenFrom));
  const from = seenFrom(own);
  const [before] = [...byHash]
    .filter(([other, its]) => other !== hash && seenFrom(its) < from)
    .toSorted(([, a], [, b]) => seenFrom(b) - seenFrom(a));
  // The old revision that crashes beside a new one is what the new one may be there to mend.
  if (before === undefined) return null;
  return {
    hash,
    podsCrashing: new Set(worst.map(({ pod }) => pod)).size,
    pods: new Set(own.map(({ pod }) => pod)).size,
    restarts: Math.max(...worst.map(({ restarts }) => restarts)),
    outOfMemory: worst.some(({ lastReason, oomKills }) => lastReason === 'OOMKilled' || (oomKills ?? 0) > 0),
    from,
    before: before[0],
  };
}

function isCrashing({ restarts, waitingReason }: ContainerEnds): boolean {
  return restarts >= MIN_RESTARTS || (waitingReason === 'CrashLoopBackOff' && restarts >= 1);
}
