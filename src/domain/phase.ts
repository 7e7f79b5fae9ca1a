import { z } from 'zod';

/** Every phase of an incident, in the order of the way through. `src/workflow/phases.ts` holds what each does. */
export const PHASES = [
  'collecting',
  'diagnosing',
  'following',
  'planning',
  'gated',
  'held',
  'acting',
  'verifying',
  'rolling-back',
  'watching',
  'escalated',
  'resolved',
  'self-resolved',
  'closed',
] as const;
export const Phase = z.enum(PHASES);
export type Phase = z.infer<typeof Phase>;
