import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RankingInput } from '../../../src/diagnosis/ranking/model.ts';
import { namedSuspects, rankSuspects } from '../../../src/diagnosis/ranking/rank-suspects.ts';
import type { BenchOptions } from '../figure.ts';

/** One fault of a data set with its truth, which only the score may see. */
export interface RankingCase {
  /** As written to `--out`. */
  readonly name: string;
  /** Figures are told apart by it. */
  readonly group: string;
  readonly input: RankingInput;
  readonly truth: string;
}

/** Share of cases whose truth is among the first k. */
export function recallAt(k: number, results: readonly { truth: string; ranked: readonly string[] }[]): number {
  if (results.length === 0) return Number.NaN;
  return results.filter(({ truth, ranked }) => ranked.slice(0, k).includes(truth)).length / results.length;
}

export interface RankedCase extends RankingCase {
  readonly ranked: readonly string[];
  /** False: the ranking says that it is more likely none of them. */
  readonly named: boolean;
}

/** Ranks every case; each counts as one step of progress. */
export function rankCases(cases: readonly RankingCase[], progress: BenchOptions['progress']): RankedCase[] {
  return cases.map((one, index) => {
    if (index > 0 && index % 10 === 0) progress(`${index} of ${cases.length} cases ranked`);
    const ranking = rankSuspects(one.input);
    return { ...one, ranked: ranking.suspects.map(({ node }) => node), named: namedSuspects(ranking).length > 0 };
  });
}

/** Raw answers as JSON lines, for whoever scores them elsewhere. */
export function writeAnswers(out: string | undefined, results: readonly Pick<RankedCase, 'name' | 'ranked'>[]): void {
  if (out === undefined) return;
  const lines = results.map(({ name, ranked }) => `${JSON.stringify({ case: name, ranked })}\n`);
  writeFileSync(out, lines.join(''));
}

export function folderOf({ data }: Pick<BenchOptions, 'data'>, set: string): string {
  const folder = join(data ?? '', set);
  if (data === undefined || !existsSync(folder))
    throw new Error(`no data: give the folder that holds ${set}/ with --data DIR`);
  return folder;
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
