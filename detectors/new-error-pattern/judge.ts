import { matchSignature } from '../../src/log-signatures/index.ts';
import type { HeardLogs } from '../../src/ports/workload-logs.ts';
import type { Trouble } from '../../src/workload-logs/index.ts';
import type { NewErrorPatternConfig } from './schema.ts';

/** An error that was not there before, or hardly. */
export interface NewError {
  readonly trouble: Trouble;
  /** Lines at error level or with a 5xx. */
  readonly lines: number;
  /** Those of them that tell a 5xx. */
  readonly failed: number;
  /** Of the lines about answered requests since it began; null where no line tells a status. */
  readonly share: number | null;
}

/** New errors of a log, most lines first. Without a quiet time that was heard nothing is known to be new. */
export function newErrorsIn(
  troubles: readonly Trouble[],
  logs: Pick<HeardLogs, 'minutes'>,
  config: NewErrorPatternConfig,
  now: number,
): readonly NewError[] {
  return troubles
    .flatMap((trouble) =>
      isNew(trouble, logs, config) && trouble.lastAt >= now - config.within ? [measured(trouble, logs)] : [],
    )
    .filter(({ lines, share }) => lines >= config.minLines && (share === null || share >= config.minShare))
    .filter(({ trouble }) => !isKnownEffect(trouble))
    .toSorted((a, b) => b.failed - a.failed || b.lines - a.lines);
}

/** Whether a known effect of something else began, too: then a new error may well be one that does not show it. */
export function isBesideKnown(
  troubles: readonly Trouble[],
  logs: Pick<HeardLogs, 'minutes'>,
  config: NewErrorPatternConfig,
): boolean {
  return troubles.some(
    (trouble) => trouble.recent >= config.minLines && isNew(trouble, logs, config) && isKnownEffect(trouble),
  );
}

function isNew(trouble: Trouble, logs: Pick<HeardLogs, 'minutes'>, { minRatio }: NewErrorPatternConfig): boolean {
  const { before, perMinute, usualPerMinute } = trouble;
  if (usualPerMinute === null) return before === 0 && wouldHaveShown(trouble, logs);
  return before === 0 || perMinute >= usualPerMinute * minRatio;
}

/** So many lines that did not come are no chance: with 20 expected, none comes once in half a billion times. */
const MISSED_LINES = 20;

/** Whether so many requests were answered before its first line, by one release or by all, that it would have shown by then. */
export function wouldHaveShown(trouble: Trouble, logs: Pick<HeardLogs, 'minutes'>, by?: string): boolean {
  const { share } = measured(trouble, logs);
  const answered = logs.minutes
    .filter(({ minute, release }) => minute < trouble.firstAt && (by === undefined || release === by))
    .reduce((total, one) => total + one.answered, 0);
  return share !== null && answered * share >= MISSED_LINES;
}

function measured(trouble: Trouble, { minutes }: Pick<HeardLogs, 'minutes'>): NewError {
  const isFailed = (status: number | null) => (status ?? 0) >= 500;
  const bad = trouble.groups.filter(
    ({ labels: { status, level } }) => isFailed(status) || level === 'error' || level === 'fatal',
  );
  const sum = (groups: typeof bad) => groups.reduce((total, { recent }) => total + recent, 0);
  const lines = sum(bad);
  const answered = minutes
    .filter(({ minute }) => minute >= trouble.firstAt)
    .reduce((total, one) => total + one.answered, 0);
  return {
    trouble,
    lines,
    failed: sum(bad.filter(({ labels: { status } }) => isFailed(status))),
    share: answered === 0 ? null : Math.min(1, lines / answered),
  };
}

/** A time-out, a full pool, a call that was refused: what is wrong lies elsewhere, and others tell it. */
function isKnownEffect({ exception, example, template }: Trouble): boolean {
  return matchSignature(`${exception ?? ''}\n${example?.line ?? ''}\n${template}`) !== null;
}
