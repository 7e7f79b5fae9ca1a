export const errorKinds = ['timeout', 'refused', 'reset', 'network', 'http-4xx', 'http-5xx', 'dropped'] as const;
/** `dropped`: never sent, because too many requests were under way already; users see it as an error all the same. */
export type ErrorKind = (typeof errorKinds)[number];
export type Outcome = 'ok' | ErrorKind;

export interface Ended {
  /** When the arrival was due, not when it was sent. Milliseconds of the load's clock. */
  intendedMs: number;
  endedMs: number;
  outcome: Outcome;
}

export interface Counts {
  sinceMs: number;
  /** Arrivals due in this span, dropped ones included. */
  sent: number;
  /** Ended well in this span. */
  ok: number;
  errors: Record<ErrorKind, number>;
  errorsTotal: number;
  /** From the intended time to the end, in milliseconds, over everything but dropped arrivals; null when there was none. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Tally {
  add(ended: Ended): void;
  /** `underWay` are the intended times of what has not ended yet. */
  counts(fromMs: number, toMs: number, underWay: Iterable<number>): Counts;
  /** Ended with an error at `fromMs` <= time < `toMs`. */
  errorsBetween(fromMs: number, toMs: number): number;
  /** Results that were let go to bound memory; spans that reach back to them count too little. */
  readonly forgotten: number;
}

/** Keeps single results, so that any span can be asked for afterwards; the oldest tenth goes when `maxKept` is reached. */
export function createTally(maxKept = 1_000_000): Tally {
  let kept: Ended[] = [];
  let forgotten = 0;
  return {
    add(ended) {
      if (kept.length >= maxKept) {
        const drop = Math.ceil(maxKept / 10);
        kept = kept.slice(drop);
        forgotten += drop;
      }
      kept.push(ended);
    },
    counts(fromMs, toMs, underWay) {
      const errors = Object.fromEntries(errorKinds.map((kind) => [kind, 0])) as Record<ErrorKind, number>;
      const latencies: number[] = [];
      let sent = 0;
      let ok = 0;
      for (const intendedMs of underWay) if (intendedMs >= fromMs && intendedMs < toMs) sent += 1;
      for (const { intendedMs, endedMs, outcome } of kept) {
        if (intendedMs >= fromMs && intendedMs < toMs) sent += 1;
        if (endedMs < fromMs || endedMs >= toMs) continue;
        if (outcome === 'ok') ok += 1;
        else errors[outcome] += 1;
        if (outcome !== 'dropped') latencies.push(endedMs - intendedMs);
      }
      const sorted = Float64Array.from(latencies).sort();
      const errorsTotal = errorKinds.reduce((sum, kind) => sum + errors[kind], 0);
      const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share)) as [
        number | null,
        number | null,
        number | null,
      ];
      return { sinceMs: fromMs, sent, ok, errors, errorsTotal, p50, p95, p99 };
    },
    errorsBetween(fromMs, toMs) {
      return kept.filter(({ endedMs, outcome }) => outcome !== 'ok' && endedMs >= fromMs && endedMs < toMs).length;
    },
    get forgotten() {
      return forgotten;
    },
  };
}

/** Nearest rank: the smallest value that at least `share` of all values do not exceed. */
export function percentile(sorted: Float64Array, share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
