import type { GateFacts } from '../domain/gate-facts.ts';
import type { Plan } from '../domain/plan.ts';
import type { GateVerdict } from '../domain/verdict.ts';

/** One reason not to act. Pure and synchronous: the same plan and facts give the same verdict, live or replayed. */
export interface Gate {
  readonly id: string;
  /** One line: what it protects from. */
  readonly summary: string;
  /** Directions it judges. */
  readonly appliesTo: readonly Plan['direction'][];
  decide(plan: Plan, facts: GateFacts): GateVerdict;
}
