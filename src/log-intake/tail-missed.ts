import type { LogView } from '../ports/log-source.ts';
import type { TailSettings } from './tail.ts';
import type { Reading } from './tail-draft.ts';

/** Documents that no look reads. They are told, for counts that lack some without a word are worse than none. */
export interface MissedDocuments {
  /** To be asked after a look that went back as far as it ever does, with the view of that look. Returns how many came too late since the last. */
  late(view: LogView, readings: readonly Reading[], settings: TailSettings): Promise<number>;
  /** How many have no time at all. */
  untimed(view: LogView, now: number): Promise<number>;
}

/** What lies back so far that nothing of it is read any more, and how many documents it had. */
interface Closed {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const WATCHED_MS = 24 * 3_600_000;
/** Where documents without a time are, finding them means looking at all. */
const UNTIMED_EVERY_MS = 10 * 60_000;

export function watchMissed(startedAt: number): MissedDocuments {
  const closed = new Map<Reading, Closed>();
  let untimed = { at: Number.NEGATIVE_INFINITY, count: 0 };

  async function lateIn(view: LogView, reading: Reading, { lateForMs, sinceMs }: TailSettings): Promise<number> {
    if (reading.position === null) return 0;
    const { time } = reading;
    const before = closed.get(reading);
    // Fewer are there when an index was deleted: that tells nothing.
    const late =
      before === undefined ? 0 : (await view.count({ time, from: before.from, to: before.to })) - before.count;
    const to = reading.position - lateForMs - 1;
    const from = Math.max(before?.from ?? startedAt - sinceMs, to - WATCHED_MS);
    if (from <= to) closed.set(reading, { from, to, count: await view.count({ time, from, to }) });
    return Math.max(0, late);
  }

  return {
    async late(view, readings, settings) {
      let sum = 0;
      for (const reading of readings) sum += await lateIn(view, reading, settings);
      return sum;
    },
    async untimed(view, now) {
      if (now - untimed.at >= UNTIMED_EVERY_MS) untimed = { at: now, count: await view.count({ time: 'none' }) };
      return untimed.count;
    },
  };
}
