import type { Clock } from '../ports/clock.ts';
import type { LogPage, LogSource, LogView, PageRequest, ReadingTime } from '../ports/log-source.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { BatchDeps } from './log-batch.ts';
import type { LogMeter } from './log-intake.ts';
import { createSeenWindow } from './seen-window.ts';
import { openDraft, type Reading } from './tail-draft.ts';
import { watchMissed } from './tail-missed.ts';

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
  pass(): Promise<TailPass>;
  /** Documents without any time, as they were counted last; null before that. */
  untimed(): number | null;
  /** Unix ms up to which events have been read; null before the first. */
  readUpTo(): number | null;
}

export interface TailPass {
  readonly counted: number;
  readonly repeated: number;
  /** Documents that were found to have come too late to be read. */
  readonly late: number;
}

/** A clock may be ahead of ours by so much; documents further ahead are read when their time comes. */
const MAX_AHEAD_MS = 60_000;
/** Some pages share a commit, and with it an fsync. */
const DOCUMENTS_PER_COMMIT = 10_000;

/**
 * Opens the tail where it ended. Some pages are one commit: their counts, the ids of their documents and the position stand or fall together,
 * so that a kill neither loses nor doubles one.
 */
export async function openLogTail(options: TailOptions): Promise<LogTail> {
  const { store, clock, settings } = options;
  const startedAt = clock.now();
  const readings = await Promise.all(
    (['ingested', 'event'] as const).map((time) => openReading(store, settings, time)),
  );
  const missed = watchMissed(startedAt);
  let lookedBackAt = Number.NEGATIVE_INFINITY;
  let untimed: number | null = null;

  return {
    async pass() {
      const now = clock.now();
      const deep = now - lookedBackAt >= settings.lateEveryMs;
      const view = await options.source.open();
      const result = { counted: 0, repeated: 0, late: 0 };
      try {
        for (const reading of readings) {
          const one = await readAlong(reading, view, deep, startedAt, options);
          result.counted += one.counted;
          result.repeated += one.repeated;
        }
        if (deep) {
          lookedBackAt = now;
          result.late = await missed.late(view, readings, settings);
          untimed = await missed.untimed(view, now);
        }
      } finally {
        await view.close();
      }
      return result;
    },
    untimed: () => untimed,
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
  const draft = openDraft(reading, options);
  const result = { counted: 0, repeated: 0 };
  const keep = async (): Promise<void> => {
    const kept = await draft.commit();
    result.counted += kept.counted;
    result.repeated += kept.repeated;
  };
  try {
    let coming: Promise<LogPage> | null = view.page({ ...request, after: null });
    while (coming !== null) {
      const page: LogPage = await coming;
      // The next page travels while this one is counted.
      coming = page.next === null ? null : view.page({ ...request, after: page.next });
      coming?.catch(() => undefined);
      await draft.add(page.documents);
      if (draft.documents >= DOCUMENTS_PER_COMMIT) await keep();
    }
  } finally {
    // Of a look that failed half way, too: what was read is counted.
    await keep();
  }
  return result;
}
