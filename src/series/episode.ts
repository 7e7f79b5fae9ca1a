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
  readonly expected: SeriesScore['expected'];
}

export interface EpisodeChange {
  /** `accustomed`: it is as it was in the episode, and has been for so long that it is usual now. */
  readonly change: 'opened' | 'closed' | 'accustomed';
  readonly at: number;
  readonly episode: Episode;
}

export interface EpisodeOptions {
  /** Which way is trouble: latency is not in trouble when it falls. */
  readonly direction?: 'high' | 'low' | 'both';
  /** So many times what is expected at least, or that part of it when it falls. */
  readonly leastRatio?: number;
  /** Off by so much at least, in the unit of the series. */
  readonly leastAmount?: number;
  /** What is off by twice the amount and half as much again as the ratio opens as soon as it is sure; false: it always has to last. */
  readonly opensAtOnce?: boolean;
  /** Whether two values that are far off and grow are enough for that; false: too little was counted, and two hiccups in a row look so. */
  readonly opensByGrowth?: boolean;
  /** How long it has to last otherwise. */
  readonly persistMs?: number;
}

export interface EpisodeRule {
  /** Takes in what a scorer said of the value at that moment, in order of time; null when nothing changes. What is no news may be left out. */
  push(at: number, score: SeriesScore): EpisodeChange | null;
  /** The open episode. */
  current(): Episode | null;
}

const DEFAULTS = {
  direction: 'both',
  leastRatio: 1.25,
  leastAmount: 0,
  opensAtOnce: true,
  opensByGrowth: true,
  persistMs: 60_000,
} as const;

/**
 * What is far off opens when the value before was off as well and by some less, or when it has been so for more values than a rate over four scrapes looks
 * back: the hiccup of one scrape stays in the window as it is, trouble that goes on fills it.
 */
const STRONG_GROWTH = { least: 1.3, most: 2.5 } as const;
const STRONG_VALUES = 4;
const STRONG_AMOUNT = 2;
const STRONG_RATIO = 1.5;
/** So many spreads off need no alarm: a scorer is silent for a while after its last one. */
const UNMISTAKABLE_SPREADS = 10;
/** What is off by less has to last by the clock where values come often, and, where they come seldom, for more of them than the hiccup of one scrape stays in the window. */
const PERSIST_VALUES = 4;
/** An alarm counts for what begins this soon after it. */
const ALARM_HOLDS_MS = 60_000;
/** A suspicion that has not become an episode by then is dropped, and what is expected is asked anew: a slow rise is no trouble. */
const DOUBT_MS = 900_000;
/** Expected again for so long, and for so many values, before an episode ends. */
const CALM_MS = 120_000;
const CALM_VALUES = 4;
/** After so long an episode ends, too, when the scorer has come to expect what goes on: a new level is no trouble for ever. */
const ACCUSTOM_MS = 6 * 3_600_000;
/** A value that comes later than so many usual steps comes after a gap. */
const GAP_STEPS = 1.75;
const STEP_WEIGHT = 1 / 20;
/** After a gap only what is far off opens for so long: what starts anew is warm only after a while. */
const GRACE_MS = 180_000;
/** A gap so soon after the last one gives no grace: what cannot be scraped because it is overloaded must not be waited for without end. */
const GRACE_APART_MS = 900_000;

/** Outside of what was expected; an episode once it has lasted. */
interface Suspicion extends Episode {
  alarmed: boolean;
  opened: boolean;
  values: number;
  strongValues: number;
  calmSince: number;
  calmValues: number;
  worst: number;
  unusual: number;
}

/** State of one series; nearly all of them have no suspicion. */
export interface EpisodeState {
  suspected: Suspicion | null;
  alarmedAt: number;
  lastAt: number;
  /** By how much the last value was outside of what was expected, from its middle, with its sign; 0 inside. */
  lastOff: number;
  /** Usual time between two values. */
  step: number;
  graceFrom: number;
  graceUntil: number;
}

export function createEpisodeState(): EpisodeState {
  const never = Number.NEGATIVE_INFINITY;
  return {
    suspected: null,
    alarmedAt: never,
    lastAt: never,
    lastOff: 0,
    step: Number.NaN,
    graceFrom: never,
    graceUntil: never,
  };
}

/**
 * When a detector opens an incident on a series, and when it closes it. Far off: at once. Otherwise when an alarm goes with values outside of what was expected before, all on one
 * side, for long enough, by an amount that matters. The expectation is kept as it was when it began: a scorer learns, and trouble that lasts must not become usual soon.
 */
export function pushEpisode(
  state: EpisodeState,
  options: EpisodeOptions,
  at: number,
  score: SeriesScore,
): EpisodeChange | null {
  if (!Number.isFinite(score.value)) return null;
  const rule = { ...DEFAULTS, ...options };
  noteStep(state, at, rule.persistMs);
  if (score.score >= ALARM_SCORE) state.alarmedAt = at;
  const { suspected, lastOff } = state;
  const direction = suspected?.direction ?? rule.direction;
  const compared = suspected?.expected ?? score.expected;
  const isOutside = score.value > compared.high || score.value < compared.low;
  state.lastOff = isOutside ? score.value - compared.middle : 0;
  const growth = state.lastOff / lastOff;
  const grows = rule.opensByGrowth && growth >= STRONG_GROWTH.least && growth <= STRONG_GROWTH.most;
  const off = sizeOf(score.value, compared, { ...rule, direction });
  if (off === null) return suspected === null ? null : calm(state, suspected, at);
  if (suspected !== null) return follow(state, suspected, { at, score, off, grows, persistMs: rule.persistMs });
  const { value, expected, unusual } = score;
  state.suspected = {
    since: at,
    direction: value > expected.high ? 'high' : 'low',
    worst: value,
    unusual,
    expected,
    alarmed: false,
    opened: false,
    values: 0,
    strongValues: 0,
    calmSince: Number.NaN,
    calmValues: 0,
  };
  return follow(state, state.suspected, { at, score, off, grows, persistMs: rule.persistMs });
}

export function createEpisodeRule(options: EpisodeOptions = {}): EpisodeRule {
  const state = createEpisodeState();
  return {
    current: () => (state.suspected?.opened === true ? episodeOf(state.suspected) : null),
    push: (at, score) => pushEpisode(state, options, at, score),
  };
}

function noteStep(state: EpisodeState, at: number, persistMs: number): void {
  const length = at - state.lastAt;
  state.lastAt = at;
  if (!Number.isFinite(length)) return;
  if (length <= GAP_STEPS * state.step || Number.isNaN(state.step)) {
    state.step = Number.isNaN(state.step) ? length : state.step + STEP_WEIGHT * (length - state.step);
    return;
  }
  if (at - state.graceUntil > GRACE_APART_MS) state.graceFrom = at;
  if (at - state.graceFrom < GRACE_APART_MS) state.graceUntil = at + GRACE_MS;
  // What was not seen cannot have lasted.
  const { suspected } = state;
  if (suspected !== null && !suspected.opened && length > persistMs) state.suspected = null;
}

type Size = 'weak' | 'strong';

function follow(
  state: EpisodeState,
  one: Suspicion,
  now: {
    readonly at: number;
    readonly score: SeriesScore;
    readonly off: Size;
    readonly grows: boolean;
    readonly persistMs: number;
  },
): EpisodeChange | null {
  const { at, score, off } = now;
  const { value, unusual } = score;
  one.calmSince = Number.NaN;
  one.values++;
  if (one.direction === 'high' ? value > one.worst : value < one.worst) {
    one.worst = value;
    one.unusual = unusual;
  }
  const isUnmistakable = Math.abs(unusual) >= UNMISTAKABLE_SPREADS;
  one.strongValues = off === 'strong' && isUnmistakable ? one.strongValues + 1 : 0;
  const opensNow = one.strongValues >= STRONG_VALUES || (one.strongValues > 0 && now.grows);
  one.alarmed ||= state.alarmedAt >= one.since - ALARM_HOLDS_MS || isUnmistakable;
  if (one.opened) return accustom(state, one, at, score);
  const hasLasted = at - one.since >= now.persistMs && one.values >= PERSIST_VALUES;
  if (opensNow || (hasLasted && one.alarmed && at >= state.graceUntil)) {
    one.opened = true;
    return { change: 'opened', at, episode: episodeOf(one) };
  }
  if (at - one.since >= DOUBT_MS) state.suspected = null;
  return null;
}

function accustom(state: EpisodeState, one: Suspicion, at: number, score: SeriesScore): EpisodeChange | null {
  const isExpected = score.value >= score.expected.low && score.value <= score.expected.high;
  if (!isExpected || at - one.since < ACCUSTOM_MS) return null;
  state.suspected = null;
  return { change: 'accustomed', at, episode: episodeOf(one) };
}

function calm(state: EpisodeState, one: Suspicion, at: number): EpisodeChange | null {
  if (Number.isNaN(one.calmSince)) {
    one.calmSince = at;
    one.calmValues = 0;
  }
  one.calmValues++;
  one.strongValues = 0;
  if (one.opened && (at - one.calmSince < CALM_MS || one.calmValues < CALM_VALUES)) return null;
  state.suspected = null;
  return one.opened ? { change: 'closed', at, episode: episodeOf(one) } : null;
}

/** How far outside of what was expected, on a side that is trouble; null where it does not matter. */
function sizeOf(
  value: number,
  { low, middle, high }: SeriesScore['expected'],
  rule: Required<EpisodeOptions>,
): Size | null {
  const isHigh = value > high && rule.direction !== 'low';
  const isLow = value < low && rule.direction !== 'high';
  if (!isHigh && !isLow) return null;
  const amount = Math.abs(value - middle);
  const reaches = (ratio: number): boolean =>
    middle <= 0 || (isHigh ? value >= middle * ratio : value * ratio <= middle);
  if (amount < rule.leastAmount || !reaches(rule.leastRatio)) return null;
  const isStrong =
    rule.opensAtOnce && amount >= rule.leastAmount * STRONG_AMOUNT && reaches(1 + (rule.leastRatio - 1) * STRONG_RATIO);
  return isStrong ? 'strong' : 'weak';
}

function episodeOf({ since, direction, worst, unusual, expected }: Episode): Episode {
  return { since, direction, worst, unusual, expected };
}
