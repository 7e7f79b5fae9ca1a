import type { SeriesScore } from './series-scorer.ts';
import { ALARM_SCORE } from './series-scorer.ts';

/** A stretch of time in which one series is in trouble. */
export interface Episode {
  /** Unix ms of the first unusual value. */
  readonly since: number;
  readonly direction: 'high' | 'low';
  /** The most unusual value so far, and what had been expected when it began. */
  readonly worst: number;
  readonly unusual: number;
  readonly expected: { readonly low: number; readonly high: number };
}

export type EpisodeChange =
  | { readonly change: 'opened'; readonly at: number; readonly episode: Episode }
  | { readonly change: 'closed'; readonly at: number; readonly episode: Episode };

export interface EpisodeOptions {
  /** Which way is trouble: latency is not in trouble when it falls. */
  readonly direction?: 'high' | 'low' | 'both';
  /** Unusual for so long before it is an episode. */
  readonly persistMs?: number;
  /** Expected again for so long before it ends. */
  readonly calmMs?: number;
  /** Off by less than this share of what was expected: does not matter. */
  readonly leastShare?: number;
  /** Off by less than this, in the unit of the series: does not matter. */
  readonly leastAmount?: number;
}

export interface EpisodeRule {
  /** Takes in one value with its score, in order of time; null when nothing changes. */
  push(at: number, value: number, score: SeriesScore): EpisodeChange | null;
  /** The open episode. */
  current(): Episode | null;
}

const DEFAULTS = { direction: 'both', persistMs: 60_000, calmMs: 120_000, leastShare: 0.25, leastAmount: 0 } as const;

/**
 * When a detector opens an incident on a series, and when it closes it. It opens when an alarm was followed by values outside of what was expected
 * before, all on one side, for `persistMs`, by an amount that matters. The expectation is kept as it was when it began: a scorer learns, and trouble
 * that lasts must not become usual. It closes after `calmMs` back inside. A value that is not finite neither opens nor closes.
 */
export function createEpisodeRule(options: EpisodeOptions = {}): EpisodeRule {
  const rule = { ...DEFAULTS, ...options };
  let suspected: (Episode & { readonly alarmed: boolean; readonly opened: boolean }) | null = null;
  let calmSince: number | null = null;

  function begin(at: number, value: number, { expected, unusual, score }: SeriesScore): void {
    const direction = value > expected.high ? 'high' : 'low';
    if (!matters(value, expected, rule)) return;
    suspected = { since: at, direction, worst: value, unusual, expected, alarmed: score >= ALARM_SCORE, opened: false };
    calmSince = null;
  }

  return {
    current: () => (suspected?.opened === true ? episodeOf(suspected) : null),
    push(at, value, score) {
      if (!Number.isFinite(value)) return null;
      if (suspected === null) {
        begin(at, value, score);
        return null;
      }
      if (!matters(value, suspected.expected, { ...rule, direction: suspected.direction })) {
        calmSince ??= at;
        if (suspected.opened && at - calmSince < rule.calmMs) return null;
        const closed = suspected.opened ? episodeOf(suspected) : null;
        suspected = null;
        return closed === null ? null : { change: 'closed', at, episode: closed };
      }
      calmSince = null;
      const isWorse = suspected.direction === 'high' ? value > suspected.worst : value < suspected.worst;
      suspected = {
        ...suspected,
        ...(isWorse ? { worst: value, unusual: score.unusual } : {}),
        alarmed: suspected.alarmed || score.score >= ALARM_SCORE,
      };
      if (suspected.opened || !suspected.alarmed || at - suspected.since < rule.persistMs) return null;
      suspected = { ...suspected, opened: true };
      return { change: 'opened', at, episode: episodeOf(suspected) };
    },
  };
}

function matters(
  value: number,
  { low, high }: SeriesScore['expected'],
  rule: Required<Pick<EpisodeOptions, 'direction' | 'leastShare' | 'leastAmount'>>,
): boolean {
  const bound = value > high ? high : low;
  const isOutside = (value > high && rule.direction !== 'low') || (value < low && rule.direction !== 'high');
  return (
    isOutside && Math.abs(value - bound) >= Math.max(rule.leastAmount, rule.leastShare * Math.abs((low + high) / 2))
  );
}

function episodeOf({ since, direction, worst, unusual, expected }: Episode): Episode {
  return { since, direction, worst, unusual, expected };
}
