import type { Labels, Matcher } from './labels.ts';
import { labelsKey, METRIC_NAME, makeLabels, matchesAll } from './labels.ts';

/** One series. Sample times are strictly increasing Unix milliseconds. */
export interface Series {
  readonly labels: Labels;
  append(timeMs: number, value: number): void;
  /** Says that the series ended here: instant queries stop seeing it at once instead of after the look-back. */
  markStale(timeMs: number): void;
  /** The newest sample in (fromMs, toMs], unless the series was marked stale after it. */
  latest(fromMs: number, toMs: number): Sample | undefined;
  /** All samples in (fromMs, toMs]. */
  range(fromMs: number, toMs: number): Sample[];
  overlaps(fromMs: number, toMs: number): boolean;
}

export interface Sample {
  timeMs: number;
  value: number;
}

export interface SampleStore {
  /** The same label set always answers the same series: keep it, to append without a look-up. */
  series(labels: Labels | Record<string, string>): Series;
  select(matchers: readonly Matcher[]): Series[];
  all(): Iterable<Series>;
  size(): { series: number; samples: number };
}

interface OwnedSeries extends Series {
  length(): number;
  /** It had samples once and all of them are older than the retention. A series that waits for its first sample stays. */
  isSpent(): boolean;
  prune(beforeMs: number): void;
  lastMs(): number;
}

const FIRST_CAPACITY = 64;

function createSeries(labels: Labels, retentionMs: number): OwnedSeries {
  let times = new Float64Array(FIRST_CAPACITY);
  let values = new Float64Array(FIRST_CAPACITY);
  let head = 0;
  let tail = 0;
  let used = false;
  const staleMs: number[] = [];

  // Index of the first sample later than timeMs.
  const after = (timeMs: number): number => {
    let low = head;
    let high = tail;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((times[middle] as number) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const makeRoom = (): void => {
    const kept = tail - head;
    const grown = kept * 2 > times.length ? times.length * 2 : times.length;
    const nextTimes = new Float64Array(grown);
    const nextValues = new Float64Array(grown);
    nextTimes.set(times.subarray(head, tail));
    nextValues.set(values.subarray(head, tail));
    times = nextTimes;
    values = nextValues;
    head = 0;
    tail = kept;
  };
  const prune = (beforeMs: number): void => {
    head = after(beforeMs);
    while (staleMs.length > 0 && (staleMs[0] as number) < beforeMs) staleMs.shift();
  };
  const lastMs = (): number => (tail > head ? (times[tail - 1] as number) : Number.NEGATIVE_INFINITY);

  return {
    labels,
    lastMs,
    length: () => tail - head,
    isSpent: () => used && tail === head,
    prune,
    append(timeMs, value) {
      if (timeMs <= lastMs()) {
        throw new RangeError(`out of order sample for ${JSON.stringify(labels)}: ${timeMs} is not after ${lastMs()}`);
      }
      if (tail === times.length) {
        prune(timeMs - retentionMs);
        makeRoom();
      }
      used = true;
      times[tail] = timeMs;
      values[tail] = value;
      tail++;
    },
    markStale(timeMs) {
      staleMs.push(timeMs);
    },
    latest(fromMs, toMs) {
      const at = after(toMs) - 1;
      if (at < head) return undefined;
      const timeMs = times[at] as number;
      if (timeMs <= fromMs || staleMs.some((mark) => mark >= timeMs && mark <= toMs)) return undefined;
      return { timeMs, value: values[at] as number };
    },
    range(fromMs, toMs) {
      const samples: Sample[] = [];
      for (let at = after(fromMs); at < tail && (times[at] as number) <= toMs; at++) {
        samples.push({ timeMs: times[at] as number, value: values[at] as number });
      }
      return samples;
    },
    overlaps(fromMs, toMs) {
      const at = after(fromMs - 1);
      return at < tail && (times[at] as number) <= toMs;
    },
  };
}

/** An in-memory store of samples. Each series keeps at least `retentionMs`, and never more than about four times that. */
export function createSampleStore({ retentionMs }: { retentionMs: number }): SampleStore {
  const byKey = new Map<string, OwnedSeries>();
  const byName = new Map<string, OwnedSeries[]>();
  let newestMs = Number.NEGATIVE_INFINITY;
  let sweptMs = Number.NEGATIVE_INFINITY;

  // Series of pods that are long gone are dropped whole.
  const sweep = (): void => {
    for (const series of byKey.values()) newestMs = Math.max(newestMs, series.lastMs());
    if (!(newestMs - sweptMs >= retentionMs / 2)) return;
    sweptMs = newestMs;
    for (const [key, series] of byKey) {
      series.prune(newestMs - retentionMs);
      if (!series.isSpent()) continue;
      byKey.delete(key);
      const name = series.labels[METRIC_NAME] ?? '';
      byName.set(
        name,
        (byName.get(name) ?? []).filter((other) => other !== series),
      );
    }
  };

  return {
    series(given) {
      const labels = makeLabels(Object.entries(given));
      const key = labelsKey(labels);
      let series = byKey.get(key);
      if (series === undefined) {
        sweep();
        series = createSeries(labels, retentionMs);
        byKey.set(key, series);
        const name = labels[METRIC_NAME] ?? '';
        const named = byName.get(name);
        if (named === undefined) byName.set(name, [series]);
        else named.push(series);
      }
      return series;
    },
    select(matchers) {
      const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.type === '=');
      const candidates: Iterable<OwnedSeries> = name === undefined ? byKey.values() : (byName.get(name.value) ?? []);
      const selected: Series[] = [];
      for (const series of candidates) if (matchesAll(series.labels, matchers)) selected.push(series);
      return selected;
    },
    all: () => byKey.values(),
    size() {
      let samples = 0;
      for (const series of byKey.values()) samples += series.length();
      return { series: byKey.size, samples };
    },
  };
}
