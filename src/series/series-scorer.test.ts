import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../simulation/random.ts';
import { createEpisodeRule } from './episode.ts';
import { ALARM_SCORE, createSeriesScorer, type SeriesScore, type SeriesScorerOptions } from './series-scorer.ts';

const STEP_MS = 60_000;
const DAY = 1_440;
const START = Date.UTC(2026, 0, 5);

function scores(values: readonly number[], options?: SeriesScorerOptions): SeriesScore[] {
  const scorer = createSeriesScorer(options);
  return values.map((value, index) => scorer.push(START + index * STEP_MS, value));
}

/** Noise of one around what `of` says. */
function noisy(length: number, of: (index: number) => number, seed = 1): number[] {
  const random = createRandom(seed);
  return Array.from({ length }, (_, index) => of(index) + Math.log(random.logNormal(1, 1)));
}

const alarmsOf = (said: readonly SeriesScore[]) =>
  said.flatMap(({ score }, index) => (score >= ALARM_SCORE ? [index] : []));
const daily = (index: number) => 100 + 50 * Math.sin((2 * Math.PI * index) / DAY);

describe('createSeriesScorer', () => {
  it('alarms once when a level jumps, says how far and since when, then learns the new level', () => {
    const said = scores(noisy(3_000, (index) => (index < 1_000 ? 100 : 130)));

    const after = alarmsOf(said).filter((index) => index >= 1_000 && index < 1_100);
    expect(after).toHaveLength(1);
    expect(after[0]).toBeLessThan(1_010);
    expect(said[1_000]?.unusual).toBeGreaterThan(15);
    expect(said[1_005]).toMatchObject({ since: START + 1_000 * STEP_MS });
    expect(said[1_000]?.expected.high).toBeLessThan(110);
    expect(said.at(-1)).toMatchObject({ since: null });
    expect(said.at(-1)?.expected.low).toBeGreaterThan(120);
  });

  it('notices what is in range at any hour but not at this one', () => {
    const quiet = noisy(6 * DAY, daily);
    const flat = quiet.map((value, index) => (index >= 5 * DAY + 240 && index < 5 * DAY + 300 ? 60 : value));

    const said = scores(flat);

    expect(said[5 * DAY + 250]?.since).toBe(START + (5 * DAY + 240) * STEP_MS);
    expect(said[5 * DAY + 240]?.unusual).toBeLessThan(-10);
  });

  it('expects the rhythm of the day once it has seen it', () => {
    const said = scores(noisy(5 * DAY, daily)).slice(3 * DAY);

    const width = said.reduce((sum, { expected }) => sum + expected.high - expected.low, 0) / said.length;
    expect(width).toBeLessThan(20);
    expect(said.filter(({ since }) => since !== null).length / said.length).toBeLessThan(0.01);
  });

  it.each([
    ['noise', 4, (random: Random) => random.logNormal(100, 0.01)],
    ['heavy tails', 15, (random: Random) => random.logNormal(10, 0.8)],
    ['a steady trend', 15, (random: Random, index: number) => index / 50 + Math.log(random.logNormal(1, 1))],
  ] as const)('alarms seldom on %s, and no alarm there is an episode', (_, mostAlarms, of) => {
    let [alarms, episodes] = [0, 0];
    for (let seed = 1; seed <= 10; seed++) {
      const random = createRandom(seed);
      const said = scores(Array.from({ length: 5_000 }, (__, index) => of(random, index)));
      const rule = createEpisodeRule();
      alarms += alarmsOf(said).length;
      episodes += said.filter((score, index) => rule.push(index * 15_000, score) !== null).length;
    }

    expect(alarms / 10).toBeLessThan(mostAlarms);
    expect(episodes).toBe(0);
  });

  it('says the same whatever the unit', () => {
    const values = noisy(1_500, (index) => (index % 400 === 399 ? 150 : 100));
    const bytes = values.map((value) => value * 1_024);

    const [one, other] = [scores(values), scores(bytes)];

    expect(other.map(({ score }) => score.toFixed(6))).toEqual(one.map(({ score }) => score.toFixed(6)));
  });

  it('learns nothing from what is no news: not finite, or not later', () => {
    const values = noisy(400, () => 100);
    const [plain, disturbed] = [createSeriesScorer(), createSeriesScorer()];

    for (const [index, value] of values.entries()) {
      const at = START + index * STEP_MS;
      const expected = plain.push(at, value);
      expect(disturbed.push(at, value)).toEqual(expected);
      for (const no of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const said = disturbed.push(at + 1, no);
        expect(said).toMatchObject({ score: 0, value: Number.NaN, since: expected.since });
      }
      expect(disturbed.push(at - 5, 1e9)).toMatchObject({ score: 0, value: Number.NaN });
    }
  });

  it('scores the rate of a counter; a restart, or a gap, is no news', () => {
    const random = createRandom(1);
    const scorer = createSeriesScorer({ kind: 'counter' });
    let [total, at] = [0, START];
    const said: SeriesScore[] = [];
    for (let index = 0; index < 2_000; index++) {
      total = index % 500 === 499 ? 0 : total + 600 + random.below(60);
      at += index % 700 === 699 ? 60 * STEP_MS : STEP_MS;
      said.push(scorer.push(at, total));
    }

    expect(said[100]?.value).toBeCloseTo(10.5, 0);
    expect([499, 999, 699, 1_399].map((index) => said[index]?.value)).toEqual([NaN, NaN, NaN, NaN]);
    expect(said.filter(({ since }) => since !== null).length).toBeLessThan(5);
  });

  it('stays in bounds and in memory for any input', () => {
    const moment = fc.oneof(fc.integer({ min: -1e6, max: 1e6 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY));
    const pushes = fc.array(fc.tuple(moment, fc.oneof(fc.double(), fc.integer({ min: 0, max: 3 }))), {
      maxLength: 400,
    });

    fc.assert(
      fc.property(pushes, fc.constantFrom('gauge', 'counter'), (all, kind) => {
        const scorer = createSeriesScorer({ kind });
        for (const [at, value] of all) {
          const { score, expected, unusual } = scorer.push(at, value);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(expected.low).toBeLessThanOrEqual(expected.high);
          expect(Number.isNaN(unusual)).toBe(false);
        }
        expect(scorer.bytes).toBe(createSeriesScorer().bytes);
      }),
    );
  });

  it('knows the past only: what comes later changes no score', () => {
    const values = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 150, maxLength: 300 });

    fc.assert(
      fc.property(values, values, (past, future) => {
        expect(scores([...past, ...future]).slice(0, past.length)).toEqual(scores(past));
      }),
      { numRuns: 20 },
    );
  });
});
