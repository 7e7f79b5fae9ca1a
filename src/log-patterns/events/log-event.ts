/** The error that a stack trace is about. */
export interface TracedException {
  readonly type: string;
  readonly message: string;
  /** The error behind it that began all; the same one when there is none. */
  readonly rootType: string;
  readonly rootMessage: string;
  /** The first frame that belongs to the program itself; null when all belong to libraries or to the runtime. */
  readonly ownFrame: string | null;
}

export type LineFormat = 'json' | 'logfmt' | 'text';

/** One thing that a program said, with the lines that belong to it. */
export interface LogEvent {
  /** What is mined: the message, without the time in front of it and the stack trace behind it. */
  readonly message: string;
  /** Unix ms; null when no time is told. */
  readonly at: number | null;
  /** In capitals: `ERROR`. */
  readonly level: string | null;
  readonly traceId: string | null;
  /** HTTP status of the answer. */
  readonly status: number | null;
  readonly route: string | null;
  readonly exception: TracedException | null;
  readonly format: LineFormat;
  readonly lines: number;
}
