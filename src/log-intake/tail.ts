import type { Clock } from '../ports/clock.ts';
import type { LogPage, LogSource, LogView, PageRequest, ReadingTime } from '../ports/log-source.ts';
import type { LogStore } from '../ports/log-store.ts';
import { type BatchDeps, createLogBatch } from './log-batch.ts';
import type { LogMeter } from './log-intake.ts';
import { createSeenWindow, documentNumber, type SeenWindow } from './seen-window.ts';

export interface TailSettings {
  /** Under which the store keeps what was read. */
  readonly name: string;
  readonly overlapMs: number;
  readonly lateForMs: number;
  readonly lateEveryMs: number;
  readonly sinceMs: number;
  readonly pageSize: number;
  readonly rememberIds: number;
}

export interface TailOptions extends BatchDeps {
  readonly source: LogSource;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly meter: LogMeter;
  readonly settings: TailSettings;
}

/** Reads what is new at a source, and counts it. */
export interface LogTail {
  /** One look at all that can be seen now. Throws as the source and the store do; what was counted until then stays counted. */
  pass(): Promise<{ readonly counted: number; readonly repeated: number }>;
  /** Unix ms up to which events have been read; null before the first. */
  readUpTo(): number | null;
}

/** One of the two readings of a source: by when documents were taken in, and, for those that do not tell, by when they were written. */
interface Reading {
  readonly time: ReadingTime;
  /** Under which the store keeps it. */
  readonly source: string;
  readonly seen: SeenWindow;
  /** The newest time that was read, never ahead of our clock; null at the very beginning. */
  position: number | null;
}

/** A clock may be ahead of ours by so much; documents further ahead are read when their time comes. */
const MAX_AHEAD_MS = 60_000;

/**
 * Opens the tail where it ended. Every page is one commit: its counts, the ids of its documents and the position stand or fall together,
 * so that a kill neither loses nor doubles one.
 */
export async function openLogTail(options: TailOptions): Promise<LogTail> {
  const { store, clock, settings } = options;
  const startedAt = clock.now();
  const readings = await Promise.all(
    (['ingested', 'event'] as const).map((time) => openReading(store, settings, time)),
  );
  let lookedBackAt = Number.NEGATIVE_INFINITY;

  return {
    async pass() {
      const now = clock.now();
      const deep = now - lookedBackAt >= settings.lateEveryMs;
      const view = await options.source.open();
      const result = { counted: 0, repeated: 0 };
      try {
        for (const reading of readings) {
          const one = await readAlong(reading, view, deep, startedAt, options);
          result.counted += one.counted;
          result.repeated += one.repeated;
        }
        if (deep) lookedBackAt = now;
      } finally {
        await view.close();
      }
      return result;
    },
    readUpTo() {
      const positions = readings.flatMap(({ position }) => position ?? []);
      return positions.length === 0 ? null : Math.max(...positions);
    },
  };
}

async function openReading(store: LogStore, { name, rememberIds }: TailSettings, time: ReadingTime): Promise<Reading> {
  const source = time === 'event' ? name : `${name} (${time})`;
  const seen = createSeenWindow(rememberIds);
  for (const { at, ids } of await store.seen(source)) for (const id of ids) seen.add(id, at);
  const position = await store.position(source);
  return { time, source, seen, position: position === null ? null : Number(position) };
}

async function readAlong(
  reading: Reading,
  view: LogView,
  deep: boolean,
  startedAt: number,
  options: TailOptions,
): Promise<{ counted: number; repeated: number }> {
  const { settings, clock } = options;
  const back = deep ? settings.lateForMs : settings.overlapMs;
  const begin = reading.position === null ? startedAt - settings.sinceMs : reading.position - back;
  const request = {
    time: reading.time,
    // Below what the window remembers nobody could say whether a document was counted.
    from: Math.max(0, begin, reading.seen.unknownBefore + 1),
    to: clock.now() + MAX_AHEAD_MS,
    size: settings.pageSize,
  } satisfies Omit<PageRequest, 'after'>;
  const result = { counted: 0, repeated: 0 };
  let coming: Promise<LogPage> | null = view.page({ ...request, after: null });
  while (coming !== null) {
    const page: LogPage = await coming;
    // The next page travels while this one is counted.
    coming = page.next === null ? null : view.page({ ...request, after: page.next });
    coming?.catch(() => undefined);
    const one = await countPage(page, reading, options);
    result.counted += one.counted;
    result.repeated += one.repeated;
  }
  return result;
}

async function countPage(
  { documents }: LogPage,
  reading: Reading,
  options: TailOptions,
): Promise<{ counted: number; repeated: number }> {
  const { clock, store, settings, meter } = options;
  const now = clock.now();
  const batch = createLogBatch(options);
  const ids = new Set<number>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const { index, id, at, source } of documents) {
    const number = documentNumber(index, id);
    if (at > newest) newest = at;
    if (reading.seen.has(number) || ids.has(number)) continue;
    ids.add(number);
    batch.add(source, now);
  }
  const repeated = documents.length - ids.size;
  if (repeated > 0) meter.documents('tail', 'repeated', repeated);
  if (ids.size === 0) return { counted: 0, repeated };

  const position = Math.max(reading.position ?? Number.NEGATIVE_INFINITY, Math.min(newest, now));
  const forgetBefore = position - settings.lateForMs;
  await store.commit({
    source: reading.source,
    ...batch.contents(),
    position: String(position),
    seen: { at: newest, ids: [...ids] },
    forgetBefore,
  });
  batch.stored();
  reading.position = position;
  for (const id of ids) reading.seen.add(id, newest);
  reading.seen.forgetBefore(forgetBefore);
  meter.documents('tail', 'counted', ids.size);
  for (const [oddity, count] of batch.oddities) meter.oddity(oddity, count);
  if (batch.overflowed > 0) meter.overflowed(batch.overflowed);
  return { counted: ids.size, repeated };
}
