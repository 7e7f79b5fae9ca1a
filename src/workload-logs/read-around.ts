import type { LogLabels } from '../domain/log-record.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import type { LogCounts, TroubleCount } from '../ports/log-counts.ts';
import type { LogSample } from '../ports/log-store.ts';
import type { HeardLogs, LogGroup, WorkloadLogsReader } from '../ports/workload-logs.ts';
import { ownerOf } from './owner-of.ts';

const MINUTE_MS = 60_000;
/** An alert comes some time after what it reports: what is older than this before it is the quiet time. */
const NOTICED_AFTER_MS = 15 * MINUTE_MS;
const QUIET_MS = 60 * MINUTE_MS;
/** Of an incident that is older only so much of the newest is compared. */
const MAX_RECENT_MS = 4 * 60 * MINUTE_MS;
/** Rows that one reading takes; beyond, the oldest are left out and the quiet time gets shorter. */
const MOST_ROWS = 20_000;
const MOST_GROUPS = 300;
/** Groups that get an example; each costs a look-up. */
const MOST_EXAMPLES = 60;
const TEMPLATE_CHARS = 600;

export interface WorkloadLogsDeps {
  readonly counts: LogCounts;
  readonly cluster: Pick<ClusterReader, 'workloads' | 'services'>;
}

/** What was counted of the log events of workloads, as detectors read it. */
export function createWorkloadLogs({ counts, cluster }: WorkloadLogsDeps): WorkloadLogsReader {
  return {
    async around(workload, since, now) {
      const owner = ownerOf(workload, cluster);
      const recentFrom = minuteOf(Math.max(since - NOTICED_AFTER_MS, now - MAX_RECENT_MS));
      const asked = recentFrom - QUIET_MS;
      const minutes = await counts.heard(owner, asked, now, MOST_ROWS);
      if (minutes.length === 0) {
        return {
          known: false,
          why: `no log event of ${owner.services.join(', ')} was counted since ${timeText(asked)}`,
        };
      }
      const rows = await counts.troubles(owner, asked, now, MOST_ROWS);
      // The oldest minute of a reading that was cut may be half.
      const oldest = rows.at(-1)?.minute ?? asked;
      const from = rows.length < MOST_ROWS ? asked : Math.min(oldest + MINUTE_MS, recentFrom);
      const groups = groupsOf(rows, from, recentFrom);
      const quiet = new Set(minutes.map(({ minute }) => minute).filter((at) => at >= from && at < recentFrom));
      const heard: HeardLogs = {
        known: true,
        from,
        recentFrom,
        to: now,
        minutes,
        quietMinutes: quiet.size,
        groups: await withExamples(groups.slice(0, MOST_GROUPS), (id) => counts.samplesOf(owner, id)),
        cut: groups.length > MOST_GROUPS || rows.length >= MOST_ROWS,
      };
      return heard;
    },
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function groupsOf(rows: readonly TroubleCount[], from: number, recentFrom: number): readonly LogGroup[] {
  const groups = new Map<string, Mutable<LogGroup>>();
  for (const { minute, patternId, template, labels, count } of rows) {
    if (minute < from) continue;
    const key = `${patternId}\n${keyOf(labels)}`;
    let group = groups.get(key);
    if (group === undefined) {
      const empty = { before: 0, recent: 0, firstAt: null, lastAt: null, example: null };
      group = { patternId, template: template.slice(0, TEMPLATE_CHARS), labels, ...empty };
      groups.set(key, group);
    }
    if (minute < recentFrom) {
      group.before += count;
      continue;
    }
    group.recent += count;
    group.firstAt = Math.min(group.firstAt ?? minute, minute);
    group.lastAt = Math.max(group.lastAt ?? minute, minute);
  }
  return [...groups.values()].toSorted(
    (a, b) => b.recent - a.recent || b.before - a.before || (a.patternId < b.patternId ? -1 : 1),
  );
}

async function withExamples(
  groups: readonly LogGroup[],
  samplesOf: (patternId: string) => Promise<readonly LogSample[]>,
): Promise<readonly LogGroup[]> {
  const samples = new Map<string, readonly LogSample[]>();
  for (const { patternId } of groups) {
    if (samples.size >= MOST_EXAMPLES) break;
    if (!samples.has(patternId)) samples.set(patternId, await samplesOf(patternId));
  }
  return groups.map((group) => ({ ...group, example: exampleOf(group, samples.get(group.patternId) ?? []) }));
}

/** Examples are kept by pattern: one that names another exception is of other lines. */
function exampleOf({ labels: { exception } }: LogGroup, samples: readonly LogSample[]): LogGroup['example'] {
  const named = exception === null ? undefined : samples.find(({ line }) => line.includes(exception));
  const [newest] = samples;
  const sample = named ?? newest;
  if (sample === undefined) return null;
  const { line, at, pod, traceId } = sample;
  return { line, at, pod, traceId };
}

function keyOf({ namespace, service, release, route, status, level, exception }: LogLabels): string {
  return JSON.stringify([namespace, service, release, route, status, level, exception]);
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}
