/** One series of an instant answer. `value` may be NaN or infinite; it is never a string. */
export interface InstantSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: number;
  readonly value: number;
}

/** One series of a range answer; points in time order, instants in Unix ms. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

/** An answer with what the server warned about: partial data is said, never hidden. Empty means no data, not zero. */
export interface MetricsAnswer<T> {
  readonly series: readonly T[];
  readonly warnings: readonly string[];
}

export interface AlertRule {
  readonly name: string;
  readonly group: string;
  readonly expression: string;
  readonly forMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** Most series accepted; more is `metrics-limit`. */
  readonly maxSeries?: number;
}

export interface InstantOptions extends QueryOptions {
  /** Is given each sample as it comes, and the list of the answer may be empty then: for answers that need not be kept. What was given counts only once the answer is there: it may still fail. */
  readonly take?: (sample: InstantSample) => void;
}

/** Reads Prometheus or anything that speaks its HTTP API. Errors: metrics-unavailable (retry), metrics-rejected, metrics-limit. */
export interface MetricsReader {
  /** Evaluates at one moment (Unix ms). */
  instant(query: string, at: number, options?: InstantOptions): Promise<MetricsAnswer<InstantSample>>;
  /** Both ends inclusive, Unix ms; at most 11,000 points a series. */
  range(
    query: string,
    from: number,
    to: number,
    stepMs: number,
    options?: QueryOptions,
  ): Promise<MetricsAnswer<RangeSeries>>;
  alertRules(options?: QueryOptions): Promise<readonly AlertRule[]>;
  /** Product and version, for `hale check`. */
  version(options?: QueryOptions): Promise<string>;
}
