import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

/** Both must say yes, the operator's list and the workload: a label alone widens nothing. */
export const scopeGate: Gate = {
  id: 'scope',
  summary: 'The namespace is not in the operator list, or the workload has not opted in.',
  appliesTo: ['forward', 'return'],
  decide(plan, { scope }) {
    if (!scope.known) return missing(scope);
    const { namespaceAllowed, workloadOptedIn, namespaces } = scope.value;
    if (!namespaceAllowed) {
      return {
        verdict: 'deny',
        reason: 'out-of-scope',
        value: plan.subject.namespace,
        limit: namespaces.join(', '),
        unblockedBy: `scope.namespaces with ${plan.subject.namespace} in it`,
      };
    }
    if (!workloadOptedIn) {
      return {
        verdict: 'deny',
        reason: 'out-of-scope',
        value: 'not opted in',
        unblockedBy: 'the opt-in annotation or label on the workload or its namespace',
      };
    }
    return passed({ value: plan.subject.namespace, limit: namespaces.join(', ') });
  },
};
