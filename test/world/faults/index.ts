import type { Fault } from '../fault.ts';
import { databaseLimit } from './database-limit.ts';
import { poolTooSmall } from './pool-too-small.ts';
import { quiet } from './quiet.ts';

/** Every fault of the world, in the order in which they run. */
export const FAULTS: readonly Fault[] = [poolTooSmall, databaseLimit, quiet];
