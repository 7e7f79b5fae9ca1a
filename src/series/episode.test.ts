import { describe, expect, it } from 'vitest';
import { createEpisodeRule, type EpisodeChange, type EpisodeOptions } from './episode.ts';
import type { SeriesScore } from './series-scorer.ts';

const STEP_MS = 15_000;
const EXPECTED = { low: 80, middle: 100, high: 120 };
const NOTHING = { low: -Infinity, middle: 0, high: Infinity };
/** Far off or not, it has to last. */
const LASTING = { opensAtOnce: false } as const;

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
    const changes = run(
      [said(100), said(170, { score: 0.6 }), ...times(5, said(180)), ...times(10, said(100))],
      LASTING,
    );

    expect(changes).toMatchObject([
      { change: 'opened', step: 5, episode: { since: STEP_MS, direction: 'high', worst: 180, expected: EXPECTED } },
      { change: 'closed', step: 15, episode: { since: STEP_MS, worst: 180 } },
    ]);
  });

  const far = (value: number) => said(value, { unusual: (value - 100) / 10 });

  it('opens at the second value that is far off and grows, however seldom values come', () => {
    expect(run([said(100), far(220), far(340)])).toMatchObject([{ change: 'opened', step: 2 }]);
  });

  it('waits, where it does not grow, until it is no hiccup that stays in the window of a rate', () => {
    expect(run([said(100), ...times(3, far(300)), said(100)])).toEqual([]);
    expect(run([said(100), ...times(4, far(300))])).toMatchObject([{ change: 'opened', step: 4 }]);
  });

  it.each([
    ['an alarm that passes', [said(170, { score: 0.9 }), said(170), ...times(10, said(100))], {}],
    ['unusual without an alarm', times(20, said(170)), {}],
    ['too little to matter', times(20, said(122, { score: 0.9 })), {}],
    ['below an amount', times(20, said(170, { score: 0.9 })), { leastAmount: 80 }],
    ['the harmless side', times(20, said(10, { score: 0.9 })), { direction: 'high' }],
    ['nothing known yet', times(20, said(170, { score: 0.9, expected: NOTHING })), {}],
    [
      'a side that changes each time',
      Array.from({ length: 20 }, (_, index) => said(index % 2 ? 170 : 20, { score: 0.9 })),
      {},
    ],
  ] as const)('does not open on %s', (_, scores, options) => {
    expect(run(scores, options)).toEqual([]);
  });

  it('opens without an alarm when the distance is unmistakable: a scorer rests after its last alarm', () => {
    expect(run(times(6, said(500)), LASTING)).toMatchObject([{ change: 'opened' }]);
  });

  it('does not close because the scorer has learnt the trouble, unless it has gone on for hours', () => {
    const learnt = said(180, { expected: { low: 160, middle: 180, high: 200 } });
    const opening = [said(180, { score: 0.9 }), ...times(6, said(180))];

    expect(run([...opening, ...times(50, learnt)])).toHaveLength(1);
    expect(run([...opening, ...times((7 * 3_600_000) / STEP_MS, learnt)])).toMatchObject([
      { change: 'opened' },
      { change: 'accustomed', episode: { worst: 180 } },
    ]);
  });

  it('asks anew what is expected when a suspicion has not become an episode: a slow rise never does', () => {
    const rising = Array.from({ length: 400 }, (_, index) => {
      const middle = 100 + index;
      return said(middle + 30, { expected: { low: middle - 20, middle, high: middle + 20 }, unusual: 5 });
    });

    expect(run([...rising, said(540, { score: 0.9, expected: { low: 480, middle: 500, high: 520 } })])).toEqual([]);
  });

  it('neither opens nor closes on what is no news', () => {
    const none = said(Number.NaN, { score: 0.9 });

    expect(run(times(50, none))).toEqual([]);
    expect(run([said(180, { score: 0.9 }), ...times(6, said(180)), ...times(50, none)])).toMatchObject([
      { change: 'opened' },
    ]);
  });

  it('does not count what was not seen as lasting', () => {
    const away = times(40, said(Number.NaN));

    expect(run([said(100), said(100), said(170, { score: 0.9 }), ...away, said(170, { score: 0.9 })])).toEqual([]);
  });

  it('gives grace after a gap, and opens when it is over', () => {
    const changes = run(
      [said(100), said(100), said(Number.NaN), said(180, { score: 0.9 }), ...times(30, said(180))],
      LASTING,
    );

    expect(changes).toMatchObject([{ change: 'opened', step: 15 }]);
  });

  it('gives no grace to what is far off', () => {
    const opened = run([said(100), said(100), said(Number.NaN), far(220), far(340)]);

    expect(opened).toMatchObject([{ change: 'opened', step: 4 }]);
  });

  it('does not wait without end for what can only be scraped now and then', () => {
    const flapping = Array.from({ length: 160 }, (_, index) =>
      index % 4 === 3 ? said(Number.NaN) : said(180, { score: 0.9 }),
    );

    const [opened] = run([said(100), said(100), said(Number.NaN), ...flapping], LASTING);

    expect(opened?.change).toBe('opened');
    expect(opened?.step).toBeLessThan(90);
  });
});
