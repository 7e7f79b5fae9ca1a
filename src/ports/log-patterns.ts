/** What is known of a pattern. */
export interface DescribedPattern {
  /** The line with `<*>` where it varies. */
  readonly template: string;
  /** Unix ms of its first line; null when none told its time. */
  readonly firstAt: number | null;
  /** What the finder needs to know it again after a restart, in its own words; null where it needs nothing. */
  readonly shape: string | null;
}

/** Finds the pattern that a line belongs to; in time and memory bounded for any text. */
export interface LogPatterns {
  /** Its id, the same for the same template wherever it is found. `atMs` is when the line was written. */
  find(line: string, atMs: number): string;
  /** The id under which a pattern is known now: it may have been joined with others since it was found. */
  currentId(patternId: string): string;
  /** Joins what turned out to be the same, once enough is new to be worth the time. */
  settle(): void;
  /** Ids that were joined with others, with the ids under which they are known now. The same Map until that changes. */
  joins(): ReadonlyMap<string, string>;
  /** Those of the ids that are known now. */
  describe(patternIds: ReadonlySet<string>): ReadonlyMap<string, DescribedPattern>;
}
