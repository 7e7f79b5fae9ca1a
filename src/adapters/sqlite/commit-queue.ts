import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CommitResult } from '../../ports/store.ts';
import { applyChange } from './apply-change.ts';
import { type Database, inTransaction } from './database.ts';
import type { EncodedChange } from './encode.ts';
import { isOutage, toHaleError } from './sqlite-errors.ts';

interface Waiting {
  readonly change: EncodedChange;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: HaleError) => void;
}
type Answer = { readonly result: CommitResult } | { readonly error: HaleError };

export interface CommitQueue {
  /** Resolves once the group that the change was part of is durable. */
  add(change: EncodedChange): Promise<CommitResult>;
  /** Writes all that waits, now. */
  flush(): void;
}

/**
 * Group commit. Changes handed over within one turn of the event loop share one transaction, and with it one fsync; each has its own
 * savepoint, so a conflict undoes that change alone. An outage of the store fails the whole group, with nothing of it stored.
 */
export function createCommitQueue({
  db,
  clock,
  path,
  maxWaiting,
  maxRowsPerGroup,
  onOutage,
}: {
  db: Database;
  clock: Clock;
  path: string;
  /** More than this are refused as `overloaded`: memory stays bounded. */
  maxWaiting: number;
  /** Bounds how long one transaction keeps the event loop. */
  maxRowsPerGroup: number;
  onOutage: () => void;
}): CommitQueue {
  let waiting: Waiting[] = [];
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      writeGroup();
      if (waiting.length > 0) schedule();
    });
  }

  function takeGroup(): Waiting[] {
    let rows = 0;
    let count = 0;
    for (const { change } of waiting) {
      rows += change.rows;
      if (count > 0 && rows > maxRowsPerGroup) break;
      count++;
    }
    const group = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return group;
  }

  function writeGroup(): void {
    const group = takeGroup();
    if (group.length === 0) return;
    let answers: Answer[];
    try {
      answers = inTransaction(db, () => group.map(({ change }) => writeOne(change)));
    } catch (error) {
      if (isOutage(error)) onOutage();
      const failure = toHaleError(error, path, 'commit');
      for (const { reject } of group) reject(failure);
      return;
    }
    // Only here: the COMMIT has returned, so every one of them is on disk.
    group.forEach(({ resolve, reject }, index) => {
      const answer = answers[index];
      if (answer === undefined) reject(new HaleError('internal-error', 'a change of the group has no answer'));
      else if ('error' in answer) reject(answer.error);
      else resolve(answer.result);
    });
  }

  function writeOne(change: EncodedChange): Answer {
    db.run('SAVEPOINT one_change');
    try {
      const result = applyChange(db, change, clock.now());
      if (result !== 'committed') db.run('ROLLBACK TO one_change');
      db.run('RELEASE one_change');
      return { result };
    } catch (error) {
      if (isOutage(error)) throw error;
      db.run('ROLLBACK TO one_change');
      db.run('RELEASE one_change');
      return { error: toHaleError(error, path, 'commit') };
    }
  }

  return {
    add(change) {
      if (waiting.length >= maxWaiting) {
        return Promise.reject(
          new HaleError('overloaded', `${waiting.length} changes wait to be stored; nothing was stored, send it again`),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.push({ change, resolve, reject });
        schedule();
      });
    },
    flush() {
      while (waiting.length > 0) writeGroup();
    },
  };
}
