import type { LogDocument, ReadingTime } from '../ports/log-source.ts';
import { breath, DOCUMENTS_PER_SLICE } from './breath.ts';
import { createLogBatch } from './log-batch.ts';
import { createNumberSet } from './number-set.ts';
import { documentNumber, type SeenWindow } from './seen-window.ts';
import type { TailOptions } from './tail.ts';

/** One of the two readings of a source: by when documents were taken in, and, for those that do not tell, by when they were written. */
export interface Reading {
  readonly time: ReadingTime;
  /** Under which the store keeps it. */
  readonly source: string;
  readonly seen: SeenWindow;
  /** The newest time that was read, never ahead of our clock; null at the very beginning. */
  position: number | null;
}

/** What was read along one reading, and is not stored yet. */
export interface TailDraft {
  add(documents: readonly LogDocument[]): Promise<void>;
  readonly documents: number;
  /** One commit of all since the last. Where it fails nothing of it stays, and the next look reads it again. */
  commit(): Promise<{ readonly counted: number; readonly repeated: number }>;
}

export function openDraft(
  reading: Reading,
  options: Pick<TailOptions, 'clock' | 'store' | 'meter' | 'settings' | keyof Parameters<typeof createLogBatch>[0]>,
): TailDraft {
  const { clock, store, settings, meter } = options;
  let pages = emptyPages();

  function emptyPages() {
    return { batch: createLogBatch(options), ids: createNumberSet(), newest: Number.NEGATIVE_INFINITY, documents: 0 };
  }

  async function add(documents: readonly LogDocument[]): Promise<void> {
    const now = clock.now();
    const { batch, ids } = pages;
    let inSlice = 0;
    for (const { index, id, at, source } of documents) {
      pages.documents += 1;
      if (at > pages.newest) pages.newest = at;
      const number = documentNumber(index, id);
      if (reading.seen.has(number) || !ids.add(number)) continue;
      batch.add(source, now);
      inSlice += 1;
      if (inSlice % DOCUMENTS_PER_SLICE === 0) await breath();
    }
  }

  async function commit() {
    const { batch, ids, newest, documents } = pages;
    pages = emptyPages();
    const repeated = documents - ids.size;
    if (repeated > 0) meter.documents('tail', 'repeated', repeated);
    if (ids.size === 0) return { counted: 0, repeated };
    const numbers = [...ids.values()];
    const position = Math.max(reading.position ?? Number.NEGATIVE_INFINITY, Math.min(newest, clock.now()));
    const forgetBefore = position - settings.lateForMs;
    await store.commit({
      source: reading.source,
      ...batch.contents(),
      position: String(position),
      seen: { at: newest, ids: numbers },
      forgetBefore,
    });
    batch.stored();
    reading.position = position;
    for (const number of numbers) reading.seen.add(number, newest);
    reading.seen.forgetBefore(forgetBefore);
    meter.documents('tail', 'counted', numbers.length);
    for (const [oddity, count] of batch.oddities) meter.oddity(oddity, count);
    if (batch.overflowed > 0) meter.overflowed(batch.overflowed);
    return { counted: numbers.length, repeated };
  }

  return {
    add,
    commit,
    get documents() {
      return pages.documents;
    },
  };
}
