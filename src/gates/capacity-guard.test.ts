import { describe, expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { capacityGuardGate, DECLARATION_SOURCE } from './capacity-guard.ts';
import { examplePlan, exampleReturn, known, passingFacts, passingReturnFacts, unknown } from './facts-for-tests.ts';

type Capacity = Extract<GateFacts['capacity'], { known: true }>['value'];

function capacity(changes: Partial<Capacity>): Partial<GateFacts> {
  return {
    capacity: known({
      database: 'shop-postgres',
      declaredNone: false,
      maxConnections: 100,
      reservedConnections: 3,
      usedConnections: 42,
      ownConnections: 30,
      poolMaxPerReplica: 10,
      refusing: false,
      ...changes,
    }),
  };
}

describe('from 3 to 5 replicas', () => {
  it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
    ['5 x 10 + 12 fit in 97', {}, { verdict: 'pass', reason: 'ok', limit: '97 usable (100 - 3 reserved)' }],
    ['5 x 10 + 47 fit exactly', capacity({ usedConnections: 77 }), { verdict: 'pass', reason: 'ok' }],
    ['one connection too many', capacity({ usedConnections: 78 }), { verdict: 'deny', reason: 'capacity-exceeded' }],
    ['larger pools', capacity({ poolMaxPerReplica: 18 }), { verdict: 'deny', reason: 'capacity-exceeded' }],
    ['more reserved', capacity({ reservedConnections: 39 }), { verdict: 'deny', reason: 'capacity-exceeded' }],
    ['the server refuses', capacity({ refusing: true }), { verdict: 'deny', reason: 'database-is-bottleneck' }],
    [
      'every usable connection is taken',
      capacity({ usedConnections: 97 }),
      { verdict: 'deny', reason: 'database-is-bottleneck' },
    ],
    ['declared: no database', capacity({ declaredNone: true, refusing: true }), { verdict: 'pass', reason: 'ok' }],
    [
      'own connections that the server does not have',
      capacity({ ownConnections: 43 }),
      { verdict: 'hold', reason: 'data-missing' },
    ],
    ['a pool without a size', capacity({ poolMaxPerReplica: 0 }), { verdict: 'hold', reason: 'data-missing' }],
    [
      'undeclared',
      { capacity: unknown('nobody said', DECLARATION_SOURCE) },
      { verdict: 'hold', reason: 'database-undeclared', value: 'nobody said' },
    ],
    ['the server did not answer', { capacity: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
    ['the replicas are not known', { subject: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
  ])('%s', (_name, changes, expected) => {
    const verdict = capacityGuardGate.decide(examplePlan(), passingFacts(changes));

    expect(verdict).toMatchObject(expected);
  });

  it('names the lever that helps when the database is the bottleneck', () => {
    const verdict = capacityGuardGate.decide(examplePlan(), passingFacts(capacity({ refusing: true })));

    expect(verdict.unblockedBy).toContain('never more replicas');
  });
});

describe('when replicas do not grow', () => {
  it('lets a return pass without asking the database', () => {
    const verdict = capacityGuardGate.decide(exampleReturn(), passingReturnFacts({ capacity: unknown() }));

    expect(verdict).toMatchObject({ verdict: 'pass' });
  });

  it('lets a plan pass that changes no replicas', () => {
    const { replicasAfter: _, ...preview } = examplePlan().preview;

    const verdict = capacityGuardGate.decide(examplePlan({ preview }), passingFacts({ capacity: unknown() }));

    expect(verdict).toMatchObject({ verdict: 'pass' });
  });
});
