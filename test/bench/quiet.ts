import { createEpisodeRule } from '../../src/series/episode.ts';
import { createSeriesScorer } from '../../src/series/series-scorer.ts';
import { createRandom } from '../../src/simulation/random.ts';
import type { Bench } from './figure.ts';
import { createQuietSeries } from './quiet/quiet-series.ts';
import { rounded } from './ranking/case.ts';

const SERIES = 500;
const DAYS = 7;
const STEP_S = 15;
const DAY_S = 86_400;
/** Trouble of each series after the quiet week, and how long it has to be noticed. */
const TROUBLE_S = 600;
const START_MS = Date.UTC(2026, 0, 5);

interface Outcome {
  readonly kind: string;
  readonly falseEpisodes: number;
  /** Seconds until the trouble that follows the quiet days was an episode; null when it never was. */
  readonly noticedAfterS: number | null;
}

export const bench: Bench = {
  name: 'quiet',
  summary: `${SERIES} quiet series for ${DAYS} virtual days: false incidents per day; and is trouble noticed afterwards`,
  async run({ emit, progress, seed }) {
    const outcomes: Outcome[] = [];
    for (let index = 0; index < SERIES; index++) {
      if (index % 50 === 0) progress(`${index} of ${SERIES} series, ${DAYS} days each`);
      outcomes.push(live(index, seed));
    }
    for (const kind of new Set(outcomes.map((one) => one.kind))) progress(toldOf(kind, outcomes));
    const falseEpisodes = outcomes.reduce((sum, one) => sum + one.falseEpisodes, 0);
    const delays = outcomes.map((one) => one.noticedAfterS).filter((delay) => delay !== null);
    const one = { bench: 'quiet', seed } as const;
    emit({
      ...one,
      figure: 'false_per_day',
      value: rounded(falseEpisodes / DAYS),
      unit: `incidents of ${SERIES} series`,
      better: 'lower',
      must: 1,
      aim: 0,
    });
    // A rule that never speaks would have no false incidents either.
    emit({
      ...one,
      figure: 'noticed',
      value: rounded(delays.length / SERIES),
      unit: `share of troubles of ${TROUBLE_S} s`,
      better: 'higher',
      must: 0.9,
    });
    emit({
      ...one,
      figure: 'noticed_after_s',
      value: delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)] ?? Number.NaN,
      unit: 's, median',
      better: 'lower',
    });
  },
};

function live(index: number, seed: number): Outcome {
  const series = createQuietSeries(index, createRandom(seed * 1_000_003 + index), STEP_S);
  const scorer = createSeriesScorer({ kind: series.kindOf });
  const rule = createEpisodeRule(series.rule);
  const push = (t: number, isTrouble: boolean) => {
    const quiet = series.next(t);
    const value = quiet === null ? Number.NaN : isTrouble ? series.trouble(quiet) : quiet;
    const at = START_MS + t * 1000;
    return rule.push(at, scorer.push(at, value));
  };
  let falseEpisodes = 0;
  for (let t = 0; t < DAYS * DAY_S; t += STEP_S) if (push(t, false)?.change === 'opened') falseEpisodes++;
  // An episode that is still open would swallow the trouble.
  let noticedAfterS: number | null = null;
  for (let t = DAYS * DAY_S; t < DAYS * DAY_S + TROUBLE_S && noticedAfterS === null; t += STEP_S)
    if (push(t, true)?.change === 'opened') noticedAfterS = t - DAYS * DAY_S;
  return { kind: series.kind, falseEpisodes, noticedAfterS };
}

function toldOf(kind: string, outcomes: readonly Outcome[]): string {
  const own = outcomes.filter((one) => one.kind === kind);
  const falseEpisodes = own.reduce((sum, one) => sum + one.falseEpisodes, 0);
  return `${kind}: ${falseEpisodes} false in ${own.length} series, ${own.filter((one) => one.noticedAfterS !== null).length} noticed`;
}
