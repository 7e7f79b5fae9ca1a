import type { Remediation } from '../src/plugin/remediation.ts';
import { scaleWorkload } from './scale-workload/index.ts';

/** Every remediation, by its id. */
export const REMEDIATIONS: ReadonlyMap<string, Remediation> = new Map([scaleWorkload].map((one) => [one.id, one]));
