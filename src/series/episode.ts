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
  /** After a gap nothing opens for so long: what starts anew is warm only after a while. */
  readonly graceMs?: number;
  /** Off by less than this share of what was expected: does not matter. */
  readonly leastShare?: number;
  /** Off by less than this, in the unit of the series: does not matter. */
  readonly leastAmount?: number;
}

export interface EpisodeRule {
  /** Takes in what a scorer said of the value at that moment, in order of time; null when nothing changes. */
  push(at: number, score: SeriesScore): EpisodeChange | null;
  /** The open episode. */
  current(): Episode | null;
}

const DEFAULTS = {
  direction: 'both',
  persistMs: 60_000,
  calmMs: 120_000,
  graceMs: 180_000,
  leastShare: 0.25,
  leastAmount: 0,
} as const;
/** An alarm counts for what begins this soon after it. */
const ALARM_HOLDS_MS = 60_000;
/** So many spreads off need no alarm: a scorer is silent for a while after its last one. */
const UNMISTAKABLE_SPREADS = 10;

/** A gap so soon after the last one gives no grace: what cannot be scraped because it is overloaded must not be waited for without end. */
const GRACE_APART_MS = 900_000;

/** Outside of what was expected; an episode once it has lasted. */
interface Suspicion extends Episode {
  alarmed: boolean;
  opened: boolean;
  calmSince: number | null;
  worst: number;
  unusual: number;
}

/**
 * When a detector opens an incident on a series, and when it closes it. It opens when an alarm (or an unmistakable distance) goes with values outside of what was expected before,
 * all on one side, for `persistMs`, by an amount that matters. The expectation is kept as it was when it began: a scorer learns, and trouble that lasts must not become usual.
 * It closes after `calmMs` back inside. What is no news
 * neither opens nor closes: push a missing value too, as NaN through the scorer, for the grace that follows a gap.
 */
export function createEpisodeRule(options: EpisodeOptions = {}): EpisodeRule {
  const rule = { ...DEFAULTS, ...options };
  let suspected: Suspicion | null = null;
  let alarmedAt = Number.NEGATIVE_INFINITY;
  let [lastGap, graceFrom, graceUntil] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];

  function follow(one: Suspicion, at: number, { value, unusual }: SeriesScore): EpisodeChange | null {
    one.calmSince = null;
    if (one.direction === 'high' ? value > one.worst : value < one.worst) {
      one.worst = value;
      one.unusual = unusual;
    }
    one.alarmed ||= alarmedAt >= one.since - ALARM_HOLDS_MS || Math.abs(unusual) >= UNMISTAKABLE_SPREADS;
    if (one.opened || !one.alarmed || at - one.since < rule.persistMs || at < graceUntil) return null;
    one.opened = true;
    return { change: 'opened', at, episode: episodeOf(one) };
  }

  function calm(one: Suspicion, at: number): EpisodeChange | null {
    one.calmSince ??= at;
    if (one.opened && at - one.calmSince < rule.calmMs) return null;
    suspected = null;
    return one.opened ? { change: 'closed', at, episode: episodeOf(one) } : null;
  }

  return {
    current: () => (suspected?.opened === true ? episodeOf(suspected) : null),
    push(at, score) {
      const { value, expected, unusual } = score;
      if (!Number.isFinite(value)) {
        if (at - lastGap > GRACE_APART_MS) graceFrom = at;
        lastGap = at;
        if (at - graceFrom < GRACE_APART_MS) graceUntil = at + rule.graceMs;
        return null;
      }
      if (score.score >= ALARM_SCORE) alarmedAt = at;
      const { direction } = suspected ?? rule;
      const isOut = matters(value, suspected?.expected ?? expected, { ...rule, direction });
      if (!isOut) return suspected === null ? null : calm(suspected, at);
      suspected ??= {
        since: at,
        direction: value > expected.high ? 'high' : 'low',
        worst: value,
        unusual,
        expected,
        alarmed: false,
        opened: false,
        calmSince: null,
      };
      return follow(suspected, at, score);
    },
  };
}

/** Outside on a side that is trouble, by an amount that matters. */
function matters(
  value: number,
  { low, high }: SeriesScore['expected'],
  rule: Required<Pick<EpisodeOptions, 'direction' | 'leastShare' | 'leastAmount'>>,
): boolean {
  const isOutside = (value > high && rule.direction !== 'low') || (value < low && rule.direction !== 'high');
  if (!isOutside) return false;
  const least = Math.max(rule.leastAmount, rule.leastShare * Math.abs((low + high) / 2));
  return Math.abs(value - (value > high ? high : low)) >= least;
}

function episodeOf({ since, direction, worst, unusual, expected }: Episode): Episode {
  return { since, direction, worst, unusual, expected };
}
