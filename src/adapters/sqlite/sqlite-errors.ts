import { HaleError, isHaleError } from '../../domain/errors.ts';

// Result codes of SQLite: https://www.sqlite.org/rescode.html
const BUSY = 5;
const LOCKED = 6;
const CONSTRAINT_PRIMARYKEY = 1555;
const CONSTRAINT_UNIQUE = 2067;

/** The primary codes after which nothing of the transaction can be trusted to be stored, and what a person should do about each. */
const OUTAGES: Readonly<Record<number, string>> = {
  [BUSY]: 'another process has it open',
  [LOCKED]: 'another connection has it open',
  7: 'out of memory: raise the memory limit',
  8: 'the file or its volume is read-only: make it writable for the user that Hale runs as',
  10: 'input/output error: check the volume',
  11: 'the file is damaged: restore it from a backup, or move it away to start empty',
  13: 'no space left: enlarge the volume or lower the retention caps',
  14: 'the file cannot be opened: check that the directory exists and that Hale may write to it',
  26: 'the file is not a SQLite database: point store.path at another file, or move this one away',
};

/** Extended result code of an error that node:sqlite threw; null for any other error. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode : null;
}

// The low byte of an extended code is the primary code.
function primaryCode(error: unknown): number | null {
  const code = resultCode(error);
  return code === null ? null : code & 0xff;
}

export function isLockedByAnother(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

export function isUniquenessViolation(error: unknown): boolean {
  const code = resultCode(error);
  return code === CONSTRAINT_UNIQUE || code === CONSTRAINT_PRIMARYKEY;
}

/** Whether the store itself failed, as opposed to one statement being wrong. */
export function isOutage(error: unknown): boolean {
  const code = primaryCode(error);
  return code !== null && code in OUTAGES;
}

/** What the caller gets: `store-unavailable` for an outage, `internal-error` for anything that no rule foresaw. */
export function toHaleError(error: unknown, path: string, doing: string): HaleError {
  if (isHaleError(error)) return error;
  const code = primaryCode(error);
  const advice = code === null ? undefined : OUTAGES[code];
  if (advice !== undefined) {
    return new HaleError('store-unavailable', `${doing}: store ${path}: ${advice}; nothing was stored`, {
      cause: error,
      details: { path, resultCode: resultCode(error) },
    });
  }
  const words = error instanceof Error ? error.message : String(error);
  return new HaleError('internal-error', `${doing}: store ${path}: ${words}`, { cause: error, details: { path } });
}
