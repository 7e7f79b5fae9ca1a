import { REASONS } from '../domain/reason.ts';
import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

/** Source of the capacity fact when nobody has said which database the workload uses: another hold than a server that did not answer. */
export const DECLARATION_SOURCE = 'declaration';

/**
 * More replicas open more connections: `replicas_after x pool_max + other clients <= max_connections - reserved`, where the other
 * clients are all that are open on the server less the workload's own.
 */
export const capacityGuardGate: Gate = {
  id: 'capacity-guard',
  summary: 'The database behind the workload has no room for the connections of more replicas.',
  appliesTo: ['forward', 'return'],
  decide(plan, { subject, capacity }) {
    const after = plan.preview.replicasAfter;
    if (after === undefined) return passed();
    if (!subject.known) return missing(subject);
    const before = subject.value?.replicas ?? null;
    if (before !== null && after <= before) return passed({ value: `${before} to ${after} replicas` });

    if (!capacity.known && capacity.source === DECLARATION_SOURCE) {
      return {
        verdict: 'hold',
        reason: 'database-undeclared',
        value: capacity.why,
        unblockedBy:
          '`database: none` or `database: NAME` in the settings of the rung, or the workload in `usedBy` of a database of the catalogue',
      };
    }
    if (!capacity.known) return missing(capacity);
    const { database, declaredNone, maxConnections, reservedConnections, usedConnections } = capacity.value;
    const { ownConnections, poolMaxPerReplica, refusing } = capacity.value;
    if (declaredNone) return passed({ value: 'uses no database' });

    const usable = maxConnections - reservedConnections;
    if (refusing || usedConnections >= usable) {
      return {
        verdict: 'deny',
        reason: 'database-is-bottleneck',
        value: `${usedConnections} connections open on ${database}`,
        limit: `${usable} usable`,
        unblockedBy: REASONS['database-connections-exhausted'].lever,
      };
    }
    // Own connections that the server does not have: a pooler in between, or readings of two moments. Then nothing follows from them.
    if (ownConnections > usedConnections || poolMaxPerReplica <= 0 || ownConnections < 0 || usedConnections < 0) {
      return {
        verdict: 'hold',
        reason: 'data-missing',
        value: `the readings disagree: ${ownConnections} own connections, ${usedConnections} on ${database}, pool size ${poolMaxPerReplica}`,
        unblockedBy: 'readings of pool and server that fit together',
      };
    }
    const others = usedConnections - ownConnections;
    const told = {
      value: `${after} replicas x ${poolMaxPerReplica} + ${others} others = ${after * poolMaxPerReplica + others} on ${database}`,
      limit: `${usable} usable (${maxConnections} - ${reservedConnections} reserved)`,
    };
    if (after * poolMaxPerReplica + others <= usable) return passed(told);
    return {
      verdict: 'deny',
      reason: 'capacity-exceeded',
      ...told,
      unblockedBy: 'a smaller pool per replica, fewer other clients, a pooler, or a larger max_connections',
    };
  },
};
