import { createWatchList, type IndicatorId, type ScanChange } from '../../../src/scan/index.ts';
import { createRandom } from '../../../src/simulation/random.ts';
import { fakeWorkload } from '../../fakes/cluster.ts';
import { createQuietWorkload, SCRAPES_IN_WINDOW } from './quiet-workload.ts';

const DAY_S = 86_400;
/** How long trouble has to be noticed. */
export const TROUBLE_S = 900;
const START_MS = Date.UTC(2026, 0, 5);

interface Outcome {
  readonly falseOnes: readonly ScanChange[];
  /** Seconds until the trouble of each indicator that had one was raised; null when it never was. */
  readonly noticedAfterS: ReadonlyMap<IndicatorId, number | null>;
}

/** Some quiet days of one service under the scan's own watch list, then trouble. */
export function live(one: { index: number; seed: number; stepS: number; days: number }): Outcome {
  const { index, seed, stepS, days } = one;
  const random = createRandom(seed * 1_000_003 + index);
  const quiet = createQuietWorkload(random, stepS, index);
  const workload = fakeWorkload({ subject: { name: `quiet-${index}`, uid: `uid-${index}` } });
  const list = createWatchList({ maxSeries: 100, minRatePerS: 0.5 });
  const windowMs = SCRAPES_IN_WINDOW * stepS * 1000;
  const falseOnes: ScanChange[] = [];
  const endS = days * DAY_S;
  for (let t = 0; t < endS; t += stepS) {
    const changes = list.take(workload, quiet.next(t), { at: START_MS + t * 1000, windowMs });
    falseOnes.push(...changes.filter(({ status }) => status === 'firing'));
  }
  const noticedAfterS = new Map<IndicatorId, number | null>(quiet.break().map((id) => [id, null]));
  for (let t = endS; t < endS + TROUBLE_S; t += stepS) {
    const changes = list.take(workload, quiet.next(t), { at: START_MS + t * 1000, windowMs });
    for (const { indicator, status } of changes)
      if (status === 'firing' && noticedAfterS.get(indicator) === null) noticedAfterS.set(indicator, t + stepS - endS);
  }
  return { falseOnes, noticedAfterS };
}
