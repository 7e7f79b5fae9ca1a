import type { Fault } from '../fault.ts';
import { badReleaseErrors, badReleaseSlow, crashLoop } from './bad-release.ts';
import { bug500 } from './bug-500.ts';
import { certificateExpiring } from './certificate-expiring.ts';
import { cpuSurge } from './cpu-surge.ts';
import { lockQueue, missingIndex } from './database.ts';
import { databaseLimit } from './database-limit.ts';
import { deadDependency, slowDependency } from './dependency.ts';
import { diskFilling } from './disk-filling.ts';
import { hpaAtLimit } from './hpa-at-limit.ts';
import { leakedConnection } from './leaked-connection.ts';
import { memoryLeak, outOfMemory } from './memory.ts';
import { noisyNeighbour } from './noisy-neighbour.ts';
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
  noisyNeighbour,
  diskFilling,
  bug500,
  deadDependency,
  slowDependency,
  certificateExpiring,
  quiet,
];
