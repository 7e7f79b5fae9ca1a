import type { LogLabels } from '../domain/log-record.ts';

/** One count to add. */
export interface LogCount {
  /** Unix ms, the beginning of a minute. */
  readonly minute: number;
  readonly patternId: string;
  readonly labels: LogLabels;
  readonly count: number;
}

/** An example of a pattern, with secrets taken out. */
export interface LogSample {
  readonly patternId: string;
  readonly at: number;
  readonly namespace: string | null;
  readonly service: string | null;
  readonly pod: string | null;
  readonly traceId: string | null;
  readonly line: string;
}

/** Ids of documents as numbers of at most 53 bits, each remembered until what it was taken at is `forgetBefore`. */
export interface SeenIds {
  readonly at: number;
  readonly ids: readonly number[];
}

export interface LogPatternRow {
  readonly id: string;
  readonly template: string;
  readonly firstSeenAt: number;
  /** How its finder knows it again; null where it needs nothing. */
  readonly shape?: string | null;
}

export interface StoredLogPattern extends LogPatternRow {
  /** Ids under which it was counted before. */
  readonly formerIds: readonly string[];
}

/** What one batch of log events adds; all or nothing, and durable when the promise resolves. */
export interface LogCommit {
  /** Where the events came from: the name of an intake or of a target that is read. */
  readonly source: string;
  readonly counts: readonly LogCount[];
  /** Patterns that are not known to be stored; of one that is, only the shape is renewed. */
  readonly patterns: readonly LogPatternRow[];
  /** Patterns that turned out to be part of another: from now on their counts are read as the other's, those of the past as well. */
  readonly joins?: readonly { readonly from: string; readonly to: string }[];
  readonly samples: readonly LogSample[];
  /** How far the source has been read; null leaves it. Committed with the counts, so that neither is ever ahead of the other. */
  readonly position: string | null;
  readonly seen: SeenIds | null;
  /** Ids that were taken before this are forgotten. */
  readonly forgetBefore: number | null;
  /** Bodies that were taken, by the hash of their bytes; those whose answer arrived are let go again. */
  readonly receipts?: {
    readonly add: readonly { readonly hash: string; readonly at: number }[];
    readonly remove: readonly string[];
  };
}

export interface StoredLogCount extends LogCount {
  readonly source: string;
}

export interface LogRetention {
  readonly maxAgeMs: number;
  readonly maxRows: number;
}

/** Counts of log events by minute, source, pattern and labels, beside the state of incidents. Errors: store-unavailable, nothing was stored. */
export interface LogStore {
  commit(change: LogCommit): Promise<void>;
  position(source: string): Promise<string | null>;
  /** What is remembered of a source, oldest first. */
  seen(source: string): Promise<readonly SeenIds[]>;
  receipts(source: string): Promise<readonly { readonly hash: string; readonly at: number }[]>;
  /** By minute, then in the order of storing. */
  counts(filter: {
    readonly since: number;
    readonly until: number;
    readonly limit: number;
  }): Promise<readonly StoredLogCount[]>;
  /** Those that were heard last come first. */
  patterns(limit: number): Promise<readonly StoredLogPattern[]>;
  /** Newest first. */
  samples(patternId: string, limit: number): Promise<readonly LogSample[]>;
  /** Removes at most `maxRows` counts that exceed the caps, oldest first, and what only they needed; returns how many. */
  prune(now: number, caps: LogRetention, maxRows: number): Promise<number>;
}
