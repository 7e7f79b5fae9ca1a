import { subjectName } from '../domain/subject.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import { type Expected, judge, NUMBERS_PER_SERIES } from './baseline.ts';
import { INDICATOR_IDS, INDICATORS, type Indicator, type IndicatorId } from './indicators.ts';
import type { ScanChange } from './scan.ts';

/** What is raised and not resolved yet. */
export interface Raised {
  readonly uid: string;
  readonly indicator: IndicatorId;
  readonly direction: 'high' | 'low';
  readonly occurrence: string;
  readonly since: number;
}

/** Unusual for so many scans before it is raised, usual for so many before it is resolved. */
const RAISE_AFTER = 2;
const RESOLVE_AFTER = 4;
/** A workload that is not seen for so long is forgotten. */
const FORGET_AFTER_MS = 60 * 60_000;

interface Followed {
  readonly numbers: Float32Array;
  readonly streak: Int8Array;
  seenAt: number;
}

export interface WatchList {
  take(workload: WorkloadView, values: Partial<Record<IndicatorId, number>>, at: number): readonly ScanChange[];
  resume(open: readonly Raised[]): void;
  forget(seen: ReadonlySet<string>, at: number): void;
  /** Series followed, and those refused since the last question for want of room. */
  size(): { readonly series: number; readonly refused: number };
}

export function createWatchList(limits: { readonly maxSeries: number; readonly minRatePerS: number }): WatchList {
  const followed = new Map<string, Followed>();
  const raised = new Map<string, Raised>();
  const room = Math.floor(limits.maxSeries / INDICATOR_IDS.length);
  let refused = 0;

  function followedOf(uid: string, at: number): Followed | null {
    const known = followed.get(uid);
    if (known !== undefined) {
      known.seenAt = at;
      return known;
    }
    if (followed.size >= room) {
      refused += INDICATOR_IDS.length;
      return null;
    }
    const fresh: Followed = {
      numbers: new Float32Array(INDICATOR_IDS.length * NUMBERS_PER_SERIES),
      streak: new Int8Array(INDICATOR_IDS.length),
      seenAt: at,
    };
    followed.set(uid, fresh);
    return fresh;
  }

  function changeOf(
    workload: WorkloadView,
    index: number,
    value: number,
    expected: Expected | null,
    at: number,
    one: Followed,
  ): ScanChange | null {
    const indicator = INDICATOR_IDS[index] as IndicatorId;
    const key = `${workload.subject.uid}|${indicator}`;
    const open = raised.get(key);
    const direction = expected === null ? null : troubleOf(INDICATORS[indicator], value, expected);
    if (expected === null) return null;
    one.streak[index] =
      direction === null ? Math.min(0, one.streak[index] ?? 0) - 1 : Math.max(0, one.streak[index] ?? 0) + 1;
    const streak = Math.max(-RESOLVE_AFTER, Math.min(RAISE_AFTER, one.streak[index] ?? 0));
    one.streak[index] = streak;
    const told = { workload, indicator, summary: summaryOf(workload, indicator, value, expected) };
    if (open === undefined && direction !== null && streak >= RAISE_AFTER) {
      const occurrence = `scan|${key}|${new Date(at).toISOString()}`;
      raised.set(key, { uid: workload.subject.uid, indicator, direction, occurrence, since: at });
      return { ...told, status: 'firing', direction, occurrence, since: at };
    }
    if (open !== undefined && streak <= -RESOLVE_AFTER) {
      raised.delete(key);
      return { ...told, status: 'resolved', direction: open.direction, occurrence: open.occurrence, since: open.since };
    }
    return null;
  }

  return {
    take(workload, values, at) {
      const one = followedOf(workload.subject.uid, at);
      if (one === null) return [];
      const flows = (values.rate ?? 0) >= limits.minRatePerS;
      const changes: ScanChange[] = [];
      for (let index = 0; index < INDICATOR_IDS.length; index += 1) {
        const indicator = INDICATOR_IDS[index] as IndicatorId;
        const value = values[indicator];
        // No value is no news: a gap, a failed scrape or a restart neither raises nor resolves.
        if (value === undefined || (INDICATORS[indicator].needsTraffic && !flows)) continue;
        const expected = judge(one.numbers, index * NUMBERS_PER_SERIES, value);
        const change = changeOf(workload, index, value, expected, at, one);
        if (change !== null) changes.push(change);
      }
      return changes;
    },
    resume(open) {
      for (const one of open) raised.set(`${one.uid}|${one.indicator}`, one);
    },
    forget(seen, at) {
      for (const [uid, { seenAt }] of followed) {
        if (seen.has(uid) || at - seenAt < FORGET_AFTER_MS) continue;
        followed.delete(uid);
        for (const indicator of INDICATOR_IDS) raised.delete(`${uid}|${indicator}`);
      }
    },
    size() {
      const answer = { series: followed.size * INDICATOR_IDS.length, refused };
      refused = 0;
      return answer;
    },
  };
}

/** Outside of the band, and by enough to matter. */
function troubleOf(indicator: Indicator, value: number, { mean, low, high }: Expected): 'high' | 'low' | null {
  if (indicator.trouble === 'none' || Math.abs(value - mean) < indicator.minChange) return null;
  if (value > high && value >= mean * indicator.minRatio) return 'high';
  return indicator.trouble === 'both' && value < low && value <= mean / indicator.minRatio ? 'low' : null;
}

function summaryOf(
  workload: WorkloadView,
  id: IndicatorId,
  value: number,
  { mean, low, high, deviations }: Expected,
): string {
  const { meaning, unit } = INDICATORS[id];
  const shown = (one: number) => `${Number(one.toPrecision(3))}${unit === '' ? '' : ` ${unit}`}`;
  return `${subjectName(workload.subject)}: ${meaning} ${shown(value)}, usually ${shown(mean)} (${shown(Math.max(0, low))} to ${shown(high)}), ${deviations.toFixed(0)} deviations off`;
}
