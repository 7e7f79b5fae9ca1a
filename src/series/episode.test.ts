import { describe, expect, it } from 'vitest';
import { createEpisodeRule, type EpisodeChange, type EpisodeOptions } from './episode.ts';
import type { SeriesScore } from './series-scorer.ts';

const STEP_MS = 15_000;
const EXPECTED = { low: 80, high: 120 };

function said(value: number, more: Partial<SeriesScore> = {}): SeriesScore {
  return { value, score: 0, expected: EXPECTED, unusual: (value - 100) / 10, since: null, ...more };
}

function run(scores: readonly SeriesScore[], options: EpisodeOptions = {}): (EpisodeChange & { step: number })[] {
  const rule = createEpisodeRule(options);
  return scores.flatMap((score, step) => {
    const change = rule.push(step * STEP_MS, score);
    return change === null ? [] : [{ ...change, step }];
  });
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('createEpisodeRule', () => {
  it('opens after an alarm that persists, with the first moment and the worst value, and closes after calm', () => {
    const changes = run([said(100), said(170, { score: 0.6 }), ...times(5, said(180)), ...times(10, said(100))]);

    expect(changes).toMatchObject([
      { change: 'opened', step: 5, episode: { since: STEP_MS, direction: 'high', worst: 180, expected: EXPECTED } },
      { change: 'closed', step: 15, episode: { since: STEP_MS, worst: 180 } },
    ]);
  });

  it.each([
    ['an alarm that passes', [said(170, { score: 0.9 }), said(170), ...times(10, said(100))], {}],
    ['unusual without an alarm', times(20, said(170)), {}],
    ['too little to matter', times(20, said(125, { score: 0.9 })), {}],
    ['below an amount', times(20, said(170, { score: 0.9 })), { leastAmount: 60 }],
    ['the harmless side', times(20, said(10, { score: 0.9 })), { direction: 'high' }],
    ['nothing known yet', times(20, said(170, { score: 0.9, expected: { low: -Infinity, high: Infinity } })), {}],
    [
      'a side that changes each time',
      Array.from({ length: 20 }, (_, index) => said(index % 2 ? 170 : 20, { score: 0.9 })),
      {},
    ],
  ] as const)('does not open on %s', (_, scores, options) => {
    expect(run(scores, options)).toEqual([]);
  });

  it('opens without an alarm when the distance is unmistakable: a scorer rests after its last alarm', () => {
    expect(run(times(6, said(500)))).toMatchObject([{ change: 'opened' }]);
  });

  it('does not close because the scorer has learnt the trouble', () => {
    const learnt = { expected: { low: 160, high: 200 } };

    expect(run([said(180, { score: 0.9 }), ...times(6, said(180)), ...times(50, said(180, learnt))])).toHaveLength(1);
  });

  it('neither opens nor closes on what is no news', () => {
    const none = said(Number.NaN, { score: 0.9 });

    expect(run(times(50, none))).toEqual([]);
    expect(run([said(180, { score: 0.9 }), ...times(6, said(180)), ...times(50, none)])).toMatchObject([
      { change: 'opened' },
    ]);
  });

  it('gives grace after a gap, and opens when it is over', () => {
    const changes = run([said(100), said(Number.NaN), said(180, { score: 0.9 }), ...times(30, said(180))]);

    expect(changes).toMatchObject([{ change: 'opened', step: 13 }]);
  });

  it('does not wait without end for what can only be scraped now and then', () => {
    const flapping = Array.from({ length: 120 }, (_, index) =>
      index % 4 === 3 ? said(Number.NaN) : said(180, { score: 0.9 }),
    );

    const [opened] = run([said(Number.NaN), ...flapping]);

    expect(opened?.change).toBe('opened');
    expect(opened?.step).toBeLessThan(80);
  });
});
