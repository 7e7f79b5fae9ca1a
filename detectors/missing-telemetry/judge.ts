import type { WorkloadSeries } from '../../src/workload-metrics/index.ts';

/** What became of the targets of one pod. */
export interface PodTargets {
  readonly pod: string;
  /** Targets that answer. */
  readonly up: readonly string[];
  /** Targets that have not answered for long enough. */
  readonly down: readonly string[];
  /** Targets that were scraped before and have no series any more. */
  readonly vanished: readonly string[];
}

/** For how long a target that vanished was there: less may be one that just came and went, and Prometheus shows the last value for 5 minutes. */
const MIN_SEEN_MS = 600_000;

/** Sorts the targets of every ready pod; a pod that nothing was ever known of is not here: it may have no metrics. */
export function judgePods(
  series: readonly WorkloadSeries<'up' | 'pushed'>[],
  readyPods: readonly string[],
  { at, missingFor, stepMs }: { readonly at: number; readonly missingFor: number; readonly stepMs: number },
): readonly PodTargets[] {
  return readyPods.flatMap((pod) => {
    const own = series.filter((one) => one.pod === pod);
    const told = { up: [] as string[], down: [] as string[], vanished: [] as string[] };
    for (const one of own) {
      const state = stateOf(one, { at, missingFor, stepMs });
      if (state !== null) told[state].push(targetName(one.labels));
    }
    return told.up.length + told.down.length + told.vanished.length === 0 ? [] : [{ pod, ...told }];
  });
}

/** Null while it cannot be told: too short a time in either state. */
function stateOf(
  { role, points }: WorkloadSeries<'up' | 'pushed'>,
  { at, missingFor, stepMs }: { readonly at: number; readonly missingFor: number; readonly stepMs: number },
): 'up' | 'down' | 'vanished' | null {
  const moments = [...points.keys()];
  const newest = Math.max(...moments);
  if (newest <= at - missingFor) return moments.length * stepMs >= MIN_SEEN_MS ? 'vanished' : null;
  if (newest < at - 2 * stepMs) return null;
  if (role === 'pushed') return 'up';
  const recent = [...points].filter(([when]) => when > at - missingFor);
  if (recent.some(([, value]) => value > 0)) return 'up';
  // Down from the first scrape on is a pod that starts; the window has to be full.
  return recent.length >= Math.floor(missingFor / stepMs) ? 'down' : null;
}

function targetName(labels: Readonly<Record<string, string>>): string {
  return [labels.job, labels.instance].filter((part) => part !== undefined && part !== '').join(' ') || 'a target';
}
