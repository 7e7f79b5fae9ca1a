import { medianOf } from './time-points.ts';

/** What is usual: the median, and a standard deviation estimated from the median absolute deviation, which one bad hour cannot stretch. */
export interface Baseline {
  readonly median: number;
  readonly deviation: number;
  readonly points: number;
}

/** Makes the MAD of normally distributed values estimate their standard deviation (Rousseeuw and Croux, 1993). */
const MAD_TO_DEVIATION = 1.4826;

/** Null when there are fewer values than asked for. */
export function baselineOf(values: readonly number[], minPoints: number): Baseline | null {
  const median = medianOf(values);
  if (median === null || values.length < minPoints) return null;
  const mad = medianOf(values.map((value) => Math.abs(value - median))) ?? 0;
  return { median, deviation: mad * MAD_TO_DEVIATION, points: values.length };
}
