import type { Remediation } from '../src/plugin/remediation.ts';
import { evictPod } from './evict-pod/index.ts';
import { raiseAutoscalerLimit } from './raise-autoscaler-limit/index.ts';
import { raiseResources } from './raise-resources/index.ts';
import { restartWorkload } from './restart-workload/index.ts';
import { rollbackRelease } from './rollback-release/index.ts';
import { scaleWorkload } from './scale-workload/index.ts';

/** Every remediation, by its id. */
export const REMEDIATIONS: ReadonlyMap<string, Remediation> = new Map(
  [scaleWorkload, evictPod, rollbackRelease, restartWorkload, raiseAutoscalerLimit, raiseResources].map((one) => [
    one.id,
    one,
  ]),
);
