import { closeSync, openSync, writeSync } from 'node:fs';
import { ALARM_SCORE, createSeriesScorer } from '../../src/series/series-scorer.ts';
import type { Bench } from './figure.ts';
import { type CorpusFile, readCorpus } from './nab/corpus.ts';
import { nabScore, PROFILES, type ScoredFile } from './nab/nab-score.ts';
import { folderOf, rounded } from './ranking/case.ts';

/** Published for the full corpus (ARTime, the best of NAB's scoreboard). */
const PUBLISHED = { standard: 74.9, low_fp: 65.1, low_fn: 80.4 } as const;
const WANTED = { standard: { must: 60, aim: 75 }, low_fp: {}, low_fn: {} } as const;

/**
 * The same data, met a little later and upside down: what should not matter, but shifts the edges of cells. The mean over these says more about other data than the one figure.
 */
const DISTURBED = [5, 11, 23, 41, 73].flatMap((skipped) => [1, -1].map((sign) => ({ skipped, sign })));

export const bench: Bench = {
  name: 'nab',
  summary:
    'anomalies in single series, streamed (Numenta Anomaly Benchmark data, --data DIR; --out writes every score)',
  async run({ emit, progress, data, out }) {
    const corpus = readCorpus(folderOf(data === undefined ? {} : { data }, 'nab'));
    const scored = corpus.map((file, index) => {
      if (index % 10 === 0) progress(`${index} of ${corpus.length} files scored`);
      return { name: file.name, windows: file.windows, scores: scoresOf(file, { skipped: 0, sign: 1 }) };
    });
    if (out !== undefined) writeScores(out, scored);
    const one = { bench: 'nab', unit: 'NAB score', better: 'higher' } as const;
    for (const name of ['standard', 'low_fp', 'low_fn'] as const) {
      const result = nabScore(scored, PROFILES[name], ALARM_SCORE);
      progress(
        `${name}: ${result.windowsHit} of ${result.windows} windows, ${result.falseAlarms} false alarms at ${ALARM_SCORE}; ` +
          `${rounded(result.best.value)} at ${result.best.threshold.toFixed(3)}, the best threshold as known afterwards`,
      );
      const peer = { name: 'ARTime, published, full corpus', value: PUBLISHED[name] };
      emit({ ...one, figure: name, value: rounded(result.value), ...WANTED[name], peer });
      emit({ ...one, figure: `${name}_best_threshold`, value: rounded(result.best.value) });
    }
    // The constants must not hang on one half of the files: every second file by name, and the others.
    for (const half of [0, 1]) {
      const files = scored.filter((_, index) => index % 2 === half);
      const { value } = nabScore(files, PROFILES.standard, ALARM_SCORE);
      emit({ ...one, figure: `standard_half_${half + 1}`, value: rounded(value) });
    }
    progress(`${DISTURBED.length} times with other beginnings, half of them upside down`);
    const values = DISTURBED.map((how) => {
      const files = corpus.map((file) => ({ windows: file.windows, scores: scoresOf(file, how) }));
      return nabScore(files, PROFILES.standard, ALARM_SCORE).value;
    });
    emit({
      ...one,
      figure: 'standard_disturbed',
      value: rounded(values.reduce((sum, value) => sum + value, 0) / values.length),
    });
    emit({ ...one, figure: 'standard_disturbed_least', value: rounded(Math.min(...values)) });
  },
};

function scoresOf({ at, values }: CorpusFile, { skipped, sign }: (typeof DISTURBED)[number]): Float64Array {
  const scorer = createSeriesScorer();
  return Float64Array.from(values, (value, index) =>
    index < skipped ? 0 : scorer.push(at[index] ?? Number.NaN, sign * value).score,
  );
}

function writeScores(out: string, scored: readonly (ScoredFile & { readonly name: string })[]): void {
  const file = openSync(out, 'w');
  for (const { name, scores } of scored) {
    const lines = Array.from(scores, (score, index) => `${JSON.stringify({ file: name, index, score })}\n`);
    writeSync(file, lines.join(''));
  }
  closeSync(file);
}
