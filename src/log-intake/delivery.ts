/** What a delivery does with its documents while it is taken in. */
export interface DocumentSink {
  /** Counts one, unless the whole delivery has been counted before. */
  count(document: unknown, invalidUtf8: boolean): void;
  /** Whether a document of this id has been taken; if not, it counts as taken from here on. */
  isRepeat(index: string, id: string): boolean;
  refused(): void;
  deleted(): void;
}

/** One body of a shipper, on its way to be counted. */
export interface Delivery<Answer> {
  readonly door: 'bulk' | 'http';
  /** What tells this body from any other, where its documents have no ids of their own; null where they have. */
  fingerprint(): string | null;
  /** Hands its documents to the sink, in order; yields every now and then, so that a large body does not keep the event loop. */
  take(sink: DocumentSink): Generator<void>;
  /** After `take`: what to tell the shipper. */
  answer(): Answer;
}
