/** Which time of a document a reading goes along: when a pipeline took it in, where documents tell that, or when it was written. */
export type ReadingTime = 'ingested' | 'event';

export interface LogDocument {
  readonly index: string;
  readonly id: string;
  /** Unix ms, of the time that the reading goes along. */
  readonly at: number;
  readonly source: unknown;
}

/** Where the next page begins; opaque, and of use in the same view only. */
export type PageCursor = readonly unknown[];

export interface LogPage {
  /** By time, then in an order of the view. */
  readonly documents: readonly LogDocument[];
  /** Null after the last page. */
  readonly next: PageCursor | null;
}

export interface PageRequest {
  readonly time: ReadingTime;
  /** Unix ms; both belong to it. Documents that tell when they were taken in are left out of a reading by `event`. */
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly after: PageCursor | null;
}

/** A frozen view of what could be seen when it was opened; it shows nothing that comes later. */
export interface LogView {
  page(request: PageRequest): Promise<LogPage>;
  /** How many there are, without reading one. */
  count(which: Pick<PageRequest, 'time' | 'from' | 'to'> | { readonly time: 'none' }): Promise<number>;
  close(): Promise<void>;
}

/**
 * Log events that somebody else keeps. Errors: logs-unavailable (no answer, a part of the answer only, or too busy: again later),
 * logs-view-expired (a new view is needed), logs-forbidden, logs-rejected.
 */
export interface LogSource {
  open(): Promise<LogView>;
  /** What is there, in words; throws as above. */
  check(): Promise<string>;
  close(): Promise<void>;
}
