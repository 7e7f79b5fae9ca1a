import type { Gate } from '../plugin/gate.ts';
import { actingAllowedGate } from './acting-allowed.ts';
import { approvalGate } from './approval.ts';
import { budgetsGate } from './budgets.ts';
import { capacityGuardGate } from './capacity-guard.ts';
import { cooldownGate } from './cooldown.ts';
import { corroborationGate } from './corroboration.ts';
import { evidenceSavedGate } from './evidence-saved.ts';
import { freezeGate } from './freeze.ts';
import { freshnessGate } from './freshness.ts';
import { headroomGate } from './headroom.ts';
import { modeGate } from './mode.ts';
import { ownerGate } from './owner.ts';
import { rolloutInProgressGate } from './rollout-in-progress.ts';
import { scopeGate } from './scope.ts';
import { stormBreakerGate } from './storm-breaker.ts';
import { subjectGate } from './subject.ts';
import { targetBusyGate } from './target-busy.ts';
import { usersMeasuredGate } from './users-measured.ts';

/**
 * Every reason not to act, in the order in which they are told. All of them run; the first that speaks against the plan names the outcome.
 * The approval stands last: it names the outcome only when a person's answer is all that is missing.
 */
export const GATES: readonly Gate[] = [
  freezeGate,
  actingAllowedGate,
  scopeGate,
  subjectGate,
  freshnessGate,
  corroborationGate,
  rolloutInProgressGate,
  ownerGate,
  capacityGuardGate,
  stormBreakerGate,
  targetBusyGate,
  cooldownGate,
  budgetsGate,
  evidenceSavedGate,
  usersMeasuredGate,
  headroomGate,
  modeGate,
  approvalGate,
];
