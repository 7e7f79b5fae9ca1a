import type { IndicatorId } from '../../src/scan/index.ts';
import type { Bench } from './figure.ts';
import { live, TROUBLE_S } from './quiet/live.ts';
import { rounded } from './ranking/case.ts';

const INDICATORS_EACH = 7;
const SERIES = 500;
/** The same watch list, whatever the pace: quicker and slower ones have fewer days or series, for the time that they take. */
const RUNS = [
  { stepS: 15, days: 7, workloads: Math.ceil(SERIES / INDICATORS_EACH), suffix: '' },
  { stepS: 2, days: 2, workloads: 12, suffix: '_every_2_s' },
  { stepS: 60, days: 7, workloads: Math.ceil(SERIES / INDICATORS_EACH), suffix: '_every_60_s' },
] as const;

export const bench: Bench = {
  name: 'quiet',
  summary: `${SERIES} quiet series for 7 virtual days under the scan's own watch list: false incidents per day; and is trouble noticed afterwards`,
  async run({ emit, progress, seed }) {
    for (const { stepS, days, workloads, suffix } of RUNS) {
      progress(
        `${workloads} services with ${INDICATORS_EACH} indicators each, a scrape every ${stepS} s for ${days} days`,
      );
      const outcomes = Array.from({ length: workloads }, (_, index) => live({ index, seed, stepS, days }));
      const falseOnes = outcomes.flatMap((one) => one.falseOnes);
      for (const { summary, indicator } of falseOnes) progress(`false, ${indicator}: ${summary}`);
      const delays = outcomes.flatMap((one) => [...one.noticedAfterS]);
      for (const id of new Set(delays.map(([one]) => one))) progress(toldOf(id, delays));
      const noticed = delays.flatMap(([, delay]) => delay ?? []).toSorted((a, b) => a - b);
      const one = { bench: 'quiet', seed } as const;
      emit({
        ...one,
        figure: `false_per_day${suffix}`,
        value: rounded((falseOnes.length / days) * (SERIES / (workloads * INDICATORS_EACH))),
        unit: `incidents of ${SERIES} series`,
        better: 'lower',
        ...(stepS >= 15 ? { must: 1 } : {}),
        aim: 0,
      });
      // A rule that never speaks would have no false incidents either.
      emit({
        ...one,
        figure: `noticed${suffix}`,
        value: rounded(noticed.length / delays.length),
        unit: `share of troubles of ${TROUBLE_S} s`,
        better: 'higher',
      });
      emit({
        ...one,
        figure: `noticed_after${suffix}`,
        value: (noticed[Math.floor(noticed.length / 2)] ?? Number.NaN) / stepS,
        unit: 'scrapes, median',
        better: 'lower',
      });
    }
  },
};

function toldOf(id: IndicatorId, delays: readonly (readonly [IndicatorId, number | null])[]): string {
  const own = delays.filter(([one]) => one === id);
  return `${id}: ${own.filter(([, delay]) => delay !== null).length} of ${own.length} troubles noticed`;
}
