import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { HaleError } from '../../domain/errors.ts';

/** Who holds the store, for the message to the one that finds it locked. The lock itself is SQLite's: the kernel frees it with the process. */
const Holder = z.object({ pid: z.number(), host: z.string(), since: z.string() });

function holderFile(path: string): string {
  return `${path}.holder`;
}

export function writeHolder(path: string, now: number): void {
  const holder: z.infer<typeof Holder> = { pid: process.pid, host: hostname(), since: new Date(now).toISOString() };
  writeFileSync(holderFile(path), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
}

export function removeHolder(path: string): void {
  rmSync(holderFile(path), { force: true });
}

export function storeLocked(path: string, cause: unknown): HaleError {
  const holder = readHolder(path);
  const who =
    holder === null
      ? `a process that is not named in ${holderFile(path)}`
      : `process ${holder.pid} on ${holder.host} since ${holder.since} (${holderFile(path)})`;
  return new HaleError(
    'store-locked',
    `store ${path} is held by ${who}: stop that Hale first, or give this one a store.path of its own; ` +
      'one store serves one process',
    { cause, details: { path, holder } },
  );
}

function readHolder(path: string): z.infer<typeof Holder> | null {
  try {
    return Holder.parse(JSON.parse(readFileSync(holderFile(path), 'utf8')));
  } catch {
    // Missing or half written: the message says that it does not name anybody.
    return null;
  }
}
