import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { LogMark } from './log-excerpt.ts';

const TICK_MS = 500;
const MAX_MARKS = 7_200;

/** Notes how long each log has grown, so that `sinceSeconds` can be answered although the processes write their logs themselves. */
export class LogMarks {
  readonly #clock: Clock;
  readonly #files: () => readonly string[];
  readonly #marks = new Map<string, LogMark[]>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, files: () => readonly string[]) {
    this.#clock = clock;
    this.#files = files;
  }

  start(): void {
    this.#cancel = this.#clock.setTimer(TICK_MS, () => {
      this.#note();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  of(file: string): readonly LogMark[] {
    return this.#marks.get(file) ?? [];
  }

  #note(): void {
    const files = new Set(this.#files());
    for (const known of this.#marks.keys()) if (!files.has(known)) this.#marks.delete(known);
    for (const file of files) {
      const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      const marks = this.#marks.get(file) ?? [];
      this.#marks.set(file, marks);
      // A log that stands still needs one mark: the time from which nothing has come.
      if (marks.at(-1)?.bytes === bytes) continue;
      marks.push({ atMs: this.#clock.now(), bytes });
      if (marks.length > MAX_MARKS) marks.shift();
    }
  }
}
