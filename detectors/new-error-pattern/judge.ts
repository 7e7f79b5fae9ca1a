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
      isNew(trouble, config) && trouble.lastAt >= now - config.within ? [measured(trouble, logs)] : [],
    )
    .filter(({ lines, share }) => lines >= config.minLines && (share === null || share >= config.minShare))
    .filter(({ trouble }) => !isKnownEffect(trouble))
    .toSorted((a, b) => b.failed - a.failed || b.lines - a.lines);
}

/** Whether a known effect of something else began, too: then a new error may well be one that does not show it. */
export function isBesideKnown(troubles: readonly Trouble[], config: NewErrorPatternConfig): boolean {
  return troubles.some(
    (trouble) => trouble.recent >= config.minLines && isNew(trouble, config) && isKnownEffect(trouble),
  );
}

function isNew({ before, perMinute, usualPerMinute }: Trouble, { minRatio }: NewErrorPatternConfig): boolean {
  if (usualPerMinute === null) return false;
  return before === 0 || perMinute >= usualPerMinute * minRatio;
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
