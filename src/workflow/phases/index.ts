import type { Phase } from '../../domain/phase.ts';
import type { PhaseStep } from '../scene.ts';
import { acting } from './acting.ts';
import { collecting } from './collecting.ts';
import { diagnosing } from './diagnosing.ts';
import { escalated } from './escalated.ts';
import { following } from './following.ts';
import { gated, held } from './gated.ts';
import { planning } from './planning.ts';
import { closed, resolved, selfResolved } from './resolved.ts';
import { rollingBack } from './rolling-back.ts';
import { verifying } from './verifying.ts';
import { watching } from './watching.ts';

/** The product, read top to bottom. */
export const PHASE_TABLE: Readonly<Record<Phase, PhaseStep>> = {
  collecting,
  diagnosing,
  following,
  planning,
  gated,
  held,
  acting,
  verifying,
  'rolling-back': rollingBack,
  watching,
  escalated,
  resolved,
  'self-resolved': selfResolved,
  closed,
};
