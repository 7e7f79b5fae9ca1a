import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorFields, type ShopLog } from './log.ts';

/** A file of what was served, on a volume that all pods of the service share. */
export interface Journal {
  /** Adds so many KiB. A volume that is full costs the entry, not the request. */
  add(kib: number): Promise<void>;
  clear(): Promise<void>;
}

/** A full volume is told this seldom: one line for each request would bury all others. */
const TOLD_EVERY = 100;

export function createJournal(folder: string, log: ShopLog): Journal {
  const file = join(folder, 'journal');
  let lost = 0;
  return {
    async add(kib) {
      if (kib === 0) return;
      try {
        await appendFile(file, Buffer.alloc(kib * 1024, '.'));
      } catch (error) {
        if (lost % TOLD_EVERY === 0) log.error(errorFields(error), 'the journal could not be written');
        lost += 1;
      }
    },
    clear: () => rm(file, { force: true }),
  };
}
