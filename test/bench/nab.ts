import { closeSync, openSync, writeSync } from 'node:fs';
import { ALARM_SCORE, createSeriesScorer } from '../../src/series/series-scorer.ts';
import type { Bench } from './figure.ts';
import { type CorpusFile, readCorpus } from './nab/corpus.ts';
import { nabScore, PROFILES, type ScoredFile } from './nab/nab-score.ts';
import { folderOf, rounded } from './ranking/case.ts';

/** Published for the full corpus (ARTime, the best of NAB's scoreboard). */
const PUBLISHED = { standard: 74.9, low_fp: 65.1, low_fn: 80.4 } as const;
const WANTED = { standard: { must: 60, aim: 75 }, low_fp: {}, low_fn: {} } as const;

export const bench: Bench = {
  name: 'nab',
  summary:
    'anomalies in single series, streamed (Numenta Anomaly Benchmark data, --data DIR; --out writes every score)',
  async run(options) {
    const folder = folderOf(options, 'nab');
    const corpus = readCorpus(folder);
    const scored = corpus.map((file, index) => {
      if (index % 10 === 0) options.progress(`${index} of ${corpus.length} files scored`);
      return { name: file.name, windows: file.windows, scores: scoresOf(file) };
    });
    if (options.out !== undefined) writeScores(options.out, scored);
    for (const name of ['standard', 'low_fp', 'low_fn'] as const) {
      const result = nabScore(scored, PROFILES[name], ALARM_SCORE);
      options.progress(
        `${name}: ${result.windowsHit} of ${result.windows} windows, ${result.falseAlarms} false alarms at ${ALARM_SCORE}; ` +
          `best threshold afterwards ${result.best.threshold.toFixed(3)}: ${rounded(result.best.value)}`,
      );
      const unit = 'NAB score';
      options.emit({
        ...{ bench: 'nab', figure: name, value: rounded(result.value), unit, better: 'higher', ...WANTED[name] },
        peer: { name: 'ARTime, published, full corpus', value: PUBLISHED[name] },
      });
      options.emit({
        bench: 'nab',
        figure: `${name}_best_threshold`,
        value: rounded(result.best.value),
        unit,
        better: 'higher',
      });
    }
    // The constants must not hang on one half of the files: every second file by name, and the others.
    for (const half of [0, 1]) {
      const files = scored.filter((_, index) => index % 2 === half);
      const { value } = nabScore(files, PROFILES.standard, ALARM_SCORE);
      options.emit({
        bench: 'nab',
        figure: `standard_half_${half + 1}`,
        value: rounded(value),
        unit: 'NAB score',
        better: 'higher',
      });
    }
  },
};

function scoresOf({ at, values }: CorpusFile): Float64Array {
  const scorer = createSeriesScorer();
  return Float64Array.from(values, (value, index) => scorer.push(at[index] ?? Number.NaN, value).score);
}

function writeScores(out: string, scored: readonly (ScoredFile & { readonly name: string })[]): void {
  const file = openSync(out, 'w');
  for (const { name, scores } of scored) {
    const lines = Array.from(scores, (score, index) => `${JSON.stringify({ file: name, index, score })}\n`);
    writeSync(file, lines.join(''));
  }
  closeSync(file);
}
