import type { Change } from '../../src/domain/finding.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { HeardLogs } from '../../src/ports/workload-logs.ts';
import type { Trouble } from '../../src/workload-logs/index.ts';
import type { LatestChange } from '../../src/workload-traces/index.ts';
import { wouldHaveShown } from './judge.ts';
import type { NewErrorPatternConfig } from './schema.ts';

/** The release that an error came with. */
export interface Since {
  /** As the lines tell it; null where they tell none, and the time alone speaks for it. */
  readonly release: string | null;
  /** When that release was first heard, or its pods' template was written (Unix ms). */
  readonly at: number;
  readonly change: Change | null;
}

interface Around {
  readonly logs: HeardLogs;
  readonly workload: WorkloadView;
  /** The newest change of its pods' template. */
  readonly latest: LatestChange | null;
  readonly config: NewErrorPatternConfig;
  readonly cluster: Pick<ReadContext['cluster'], 'podsOf'>;
}

const MINUTE_MS = 60_000;
const HASH_LABELS = ['pod-template-hash', 'controller-revision-hash'] as const;

/** The release that a new error came with; null when it came with none, or shows in an older one as well. */
export function sinceRelease(trouble: Trouble, { logs, workload, latest, config, cluster }: Around): Since | null {
  const recent = latest !== null && isJustBefore(latest.change.at, trouble, config) ? latest.change : null;
  const told = new Set(trouble.groups.map(({ labels }) => labels.release));
  const [only] = told;
  // A release that served for long without it did not bring it.
  if (told.size === 1 && typeof only === 'string' && wouldHaveShown(trouble, logs, only)) return null;
  const newest = newestRelease(logs);
  if (newest !== null && told.size === 1 && told.has(newest.release)) {
    return isJustBefore(newest.from, trouble, config)
      ? { release: newest.release, at: newest.from, change: recent }
      : null;
  }
  // Lines of several releases, or of one that is not the newest: the error is older than the release.
  if (told.size > 1 || (newest !== null && !told.has(null)) || isFirstRevision(latest)) return null;
  const at = recent?.at ?? null;
  if (at === null || trouble.before > 0 || isOfOlderPod(trouble, workload, cluster)) return null;
  return { release: null, at, change: recent };
}

/** The last release that began to be heard while another one was heard already. */
function newestRelease({ minutes }: HeardLogs): { readonly release: string; readonly from: number } | null {
  const firsts = new Map<string, number>();
  for (const { release, minute } of minutes) {
    if (release !== null) firsts.set(release, Math.min(firsts.get(release) ?? minute, minute));
  }
  const [newest, before] = [...firsts].toSorted((a, b) => b[1] - a[1]);
  if (newest === undefined || before === undefined || before[1] === newest[1]) return null;
  return { release: newest[0], from: newest[1] };
}

/** What a workload was made with is no release: there is nothing before it. */
function isFirstRevision(latest: LatestChange | null): boolean {
  return latest !== null && latest.after !== null && latest.before === null;
}

/** Counts are by minute: what began in the same one may have come after it. */
function isJustBefore(at: number | null, { firstAt }: Trouble, { release }: NewErrorPatternConfig): boolean {
  return at !== null && firstAt > at - MINUTE_MS && firstAt <= at + release;
}

/** The example is of a pod that still lives, of a revision other than that of the youngest pod. */
function isOfOlderPod({ example }: Trouble, { subject }: WorkloadView, cluster: Around['cluster']): boolean {
  const pods = cluster.podsOf(subject).toSorted((a, b) => b.createdAt - a.createdAt);
  const [youngest] = pods;
  const spoke = pods.find(({ name }) => name === example?.pod);
  if (youngest === undefined || spoke === undefined) return false;
  return HASH_LABELS.some((label) => spoke.labels[label] !== youngest.labels[label]);
}
