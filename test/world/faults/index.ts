import type { Fault } from '../fault.ts';
import { badReleaseErrors, badReleaseSlow, crashLoop } from './bad-release.ts';
import { certificateExpiring } from './certificate-expiring.ts';
import { cpuSurge } from './cpu-surge.ts';
import { lockQueue, missingIndex } from './database.ts';
import { databaseLimit } from './database-limit.ts';
import { deadDependency, slowDependency } from './dependency.ts';
import { hpaAtLimit } from './hpa-at-limit.ts';
import { leakedConnection } from './leaked-connection.ts';
import { memoryLeak, outOfMemory } from './memory.ts';
import { poolTooSmall } from './pool-too-small.ts';
import { quiet } from './quiet.ts';
import { trafficSurge } from './traffic-surge.ts';

/** Every fault of the world, in the order in which they run. */
export const FAULTS: readonly Fault[] = [
  poolTooSmall,
  databaseLimit,
  leakedConnection,
  lockQueue,
  missingIndex,
  badReleaseErrors,
  badReleaseSlow,
  crashLoop,
  outOfMemory,
  memoryLeak,
  cpuSurge,
  trafficSurge,
  hpaAtLimit,
  deadDependency,
  slowDependency,
  certificateExpiring,
  quiet,
];
