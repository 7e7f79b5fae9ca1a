import { databaseLimit } from './database-limit.ts';
import type { Fault } from './fault.ts';
import { poolTooSmall } from './pool-too-small.ts';
import { quiet } from './quiet.ts';

/** Every fault of the simulated world. */
export const FAULTS = {
  quiet,
  'pool-too-small': poolTooSmall,
  'database-limit': databaseLimit,
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultId = keyof typeof FAULTS;
