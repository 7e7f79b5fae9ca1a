import type { GateFacts } from '../domain/gate-facts.ts';
import type { Gate } from '../plugin/gate.ts';
import { durationText, missing } from './verdicts.ts';

type BudgetUse = Extract<GateFacts['budgets'], { known: true }>['value'][number];

/** Every plan is counted in each of these; a scope that is not there is not free, it is unknown. */
const SCOPES: readonly BudgetUse['scope'][] = ['workload', 'namespace', 'cluster', 'cause'];

export const budgetsGate: Gate = {
  id: 'budgets',
  summary: 'One of the four budgets (workload, namespace, cluster, cause) is spent.',
  appliesTo: ['forward'],
  decide(_plan, { budgets }) {
    if (!budgets.known) return missing(budgets);
    const uncounted = SCOPES.filter((scope) => !budgets.value.some((use) => use.scope === scope));
    if (uncounted.length > 0) {
      return { verdict: 'hold', reason: 'data-missing', value: `no count for ${uncounted.join(', ')}` };
    }
    const spent = budgets.value.filter((use) => use.used >= use.limit);
    if (spent.length > 0) {
      return {
        verdict: 'hold',
        ...freeAgain(spent),
        reason: 'budget-spent',
        value: spent.map((use) => `${use.scope} ${use.used}`).join(', '),
        limit: spent.map((use) => `${use.scope} ${use.limit} per ${durationText(use.windowMs)}`).join(', '),
        unblockedBy: 'the oldest counted action leaving its window',
      };
    }
    return {
      verdict: 'pass',
      reason: 'ok',
      value: budgets.value.map((use) => `${use.scope} ${use.used}`).join(', '),
      limit: budgets.value.map((use) => `${use.scope} ${use.limit}`).join(', '),
      reserve: budgets.value.map(({ key, limit, windowMs }) => ({ kind: 'count', key, limit, windowMs })),
    };
  },
};

/** All spent budgets must free; one that never will (a limit of 0) has no such moment. */
function freeAgain(spent: readonly BudgetUse[]): { until?: number } {
  const ends = spent.map((use) => (use.oldestAt === null || use.limit === 0 ? null : use.oldestAt + use.windowMs));
  if (ends.includes(null)) return {};
  return { until: Math.max(...ends.map((end) => end ?? 0)) };
}
