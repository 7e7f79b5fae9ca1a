/** The pattern that a line belongs to. */
export interface LinePattern {
  /** The same for the same template, whichever process finds it and whenever. */
  readonly patternId: string;
  /** The line with `<*>` where it varies. */
  readonly template: string;
  /** Nobody in this process has seen it before. */
  readonly isNew: boolean;
}

/** Finds the pattern of one line, or makes one; in time and memory bounded for any text. `atMs` is when the line was written. */
export type FindPattern = (line: string, atMs: number) => LinePattern;
