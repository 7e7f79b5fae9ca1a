import { z } from 'zod';
import { PodObject } from '../../src/domain/finding.ts';
import { Subject } from '../../src/domain/subject.ts';

/** What a policy sets about evicting a pod that takes too much of its node. */
export const EvictSettings = z.strictObject({
  /** Whether the only pod of a workload may be evicted: it does nothing until another one runs. */
  singleReplica: z.boolean().default(false),
  /** Whether a pod with an `emptyDir` may be evicted: what is in it is lost. */
  localData: z.boolean().default(false),
});
export type EvictSettings = z.infer<typeof EvictSettings>;

export const EvictParams = z.strictObject({ pod: PodObject, node: z.string().min(1) });
export type EvictParams = z.infer<typeof EvictParams>;

/** What settling needs: the pod that was there, and its workload, which carries the id of the intent. */
export const EvictCheckpoint = z.strictObject({ workload: Subject, pod: PodObject });
export type EvictCheckpoint = z.infer<typeof EvictCheckpoint>;
