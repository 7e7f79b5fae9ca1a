import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, GateFacts } from '../domain/gate-facts.ts';
import { MODES } from '../domain/mode.ts';
import {
  examplePlan,
  exampleReturn,
  known,
  NOW,
  passingFacts,
  passingReturnFacts,
  unknown,
} from './facts-for-tests.ts';
import { runGates } from './run-gates.ts';

type FactKey = {
  [K in keyof GateFacts]: GateFacts[K] extends { known: boolean } ? K : never;
}[keyof GateFacts];

const BOTH: readonly FactKey[] = [
  'frozen',
  'storeWritable',
  'scope',
  'subject',
  'rollout',
  'owner',
  'busyWith',
  'storm',
];
const FORWARD: readonly FactKey[] = [
  ...BOTH,
  'observedAt',
  'corroboration',
  'cooldown',
  'budgets',
  'capacity',
  'evidence',
  'mode',
];
const RETURN: readonly FactKey[] = [...BOTH, 'users', 'headroom'];

const small = fc.integer({ min: 0, max: 12 });
const around = fc.integer({ min: NOW - 900_000, max: NOW + 300_000 });

/** Facts around every limit: each gate passes some of them and stops others. */
const someFacts: fc.Arbitrary<GateFacts> = fc
  .record({
    observedAt: around,
    maxObservationAgeMs: fc.integer({ min: 1, max: 900_000 }),
    lastActionAt: fc.option(around),
    cooldownMs: fc.integer({ min: 0, max: 900_000 }),
    used: small,
    limit: small,
    connections: fc.record({
      maxConnections: fc.integer({ min: 0, max: 150 }),
      reservedConnections: small,
      usedConnections: fc.integer({ min: 0, max: 100 }),
      ownConnections: fc.integer({ min: 0, max: 60 }),
      poolMaxPerReplica: small,
      refusing: fc.boolean(),
      declaredNone: fc.boolean(),
    }),
    sickSubjects: small,
    stormLimit: small,
    mode: fc.constantFrom(...MODES),
    answered: fc.boolean(),
    expiresAt: around,
    approvalDeadline: around,
    indicator: fc.double({ min: 0, max: 2, noNaN: true }),
    trafficPerS: fc.double({ min: 0, max: 5, noNaN: true }),
    saturationAfter: fc.double({ min: 0, max: 2, noNaN: true }),
    frozen: fc.boolean(),
  })
  .map((some) => {
    const base = passingFacts();
    const approval = {
      id: 'approval-1',
      incidentId: 'incident-1',
      planDigest: examplePlan().digest,
      answer: 'approved' as const,
      by: 'sam',
      at: NOW - 900_000,
      expiresAt: some.expiresAt,
      usedAt: null,
    };
    return {
      ...base,
      observedAt: known(some.observedAt),
      maxObservationAgeMs: some.maxObservationAgeMs,
      cooldown: known({ lastActionAt: some.lastActionAt, cooldownMs: some.cooldownMs }),
      budgets: base.budgets.known
        ? known(base.budgets.value.map((use) => ({ ...use, used: some.used, limit: some.limit })))
        : base.budgets,
      capacity: known({ database: 'shop-postgres', ...some.connections }),
      storm: known({ sickSubjects: some.sickSubjects, limit: some.stormLimit, windowMs: 300_000, actionsInStorm: 0 }),
      mode: known(some.mode),
      approval: known(some.answered ? approval : null),
      approvalDeadline: some.approvalDeadline,
      users: known({ indicator: some.indicator, goodAtMost: 0.5, trafficPerS: some.trafficPerS, minimumTraffic: 1 }),
      headroom: known({ saturationAfter: some.saturationAfter, limit: 0.8 }),
      frozen: known({ frozen: some.frozen, by: 'sam', reason: 'upgrade' }),
    };
  });

/** Near the passing facts, so that many of the generated ones do pass. */
const factsNearPassing = fc
  .tuple(someFacts, fc.subarray(Object.keys(passingFacts()) as (keyof GateFacts)[]))
  .map(([facts, kept]): GateFacts => {
    const passing = passingFacts();
    return { ...facts, ...Object.fromEntries(kept.map((key) => [key, passing[key]])) };
  });

/** Each makes one limit stricter by `by`. */
const STRICTER: Readonly<Record<string, (facts: GateFacts, by: number) => GateFacts>> = {
  'older observations are refused': (facts, by) => ({
    ...facts,
    maxObservationAgeMs: Math.max(1, facts.maxObservationAgeMs - by * 10_000),
  }),
  'longer cooldown': (facts, by) => ({
    ...facts,
    cooldown: changed(facts.cooldown, (value) => ({ ...value, cooldownMs: value.cooldownMs + by * 10_000 })),
  }),
  'smaller budgets': (facts, by) => ({
    ...facts,
    budgets: changed(facts.budgets, (uses) => uses.map((use) => ({ ...use, limit: Math.max(0, use.limit - by) }))),
  }),
  'fewer connections': (facts, by) => ({
    ...facts,
    capacity: changed(facts.capacity, (value) => ({
      ...value,
      maxConnections: Math.max(0, value.maxConnections - by),
    })),
  }),
  'more reserved connections': (facts, by) => ({
    ...facts,
    capacity: changed(facts.capacity, (value) => ({ ...value, reservedConnections: value.reservedConnections + by })),
  }),
  'fewer sick subjects make a storm': (facts, by) => ({
    ...facts,
    storm: changed(facts.storm, (value) => ({ ...value, limit: Math.max(0, value.limit - by) })),
  }),
  'a lower mode': (facts, by) => ({
    ...facts,
    mode: changed(facts.mode, (mode) => MODES[Math.max(0, MODES.indexOf(mode) - by)] ?? 'observe'),
  }),
  'less time to answer': (facts, by) => ({ ...facts, approvalDeadline: facts.approvalDeadline - by * 60_000 }),
  'an approval that expires earlier': (facts, by) => ({
    ...facts,
    approval: changed(facts.approval, (value) =>
      value === null ? null : { ...value, expiresAt: value.expiresAt - by * 60_000 },
    ),
  }),
  'users are called well later': (facts, by) => ({
    ...facts,
    users: changed(facts.users, (value) => ({ ...value, goodAtMost: value.goodAtMost / (1 + by) })),
  }),
  'more traffic is wanted': (facts, by) => ({
    ...facts,
    users: changed(facts.users, (value) => ({ ...value, minimumTraffic: value.minimumTraffic + by })),
  }),
  'more headroom is wanted': (facts, by) => ({
    ...facts,
    headroom: changed(facts.headroom, (value) => ({ ...value, limit: value.limit / (1 + by) })),
  }),
};

function changed<T>(fact: Fact<T>, change: (value: T) => T): Fact<T> {
  return fact.known ? { ...fact, value: change(fact.value) } : fact;
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFrozen(inner);
  }
  return value;
}

describe('a missing fact', () => {
  it.each([
    ['forward', examplePlan(), passingFacts(), FORWARD],
    ['return', exampleReturn(), passingReturnFacts(), RETURN],
  ] as const)('never lets a %s plan pass, alone or with others', (_name, plan, passing, relevant) => {
    fc.assert(
      fc.property(fc.subarray([...relevant], { minLength: 1 }), (absent) => {
        const facts: GateFacts = { ...passing, ...Object.fromEntries(absent.map((key) => [key, unknown()])) };

        expect(runGates(plan, facts).outcome.kind).not.toBe('pass');
      }),
    );
    expect(runGates(plan, passing).outcome.kind).toBe('pass');
  });

  it('of a relevant kind never turns what was stopped into a pass', () => {
    fc.assert(
      fc.property(factsNearPassing, fc.constantFrom(...FORWARD), (facts, absent) => {
        expect(runGates(examplePlan(), { ...facts, [absent]: unknown() }).outcome.kind).not.toBe('pass');
      }),
    );
  });
});

describe('a stricter limit', () => {
  it.each(Object.entries(STRICTER))('%s: what was stopped stays stopped', (_name, stricter) => {
    fc.assert(
      fc.property(factsNearPassing, fc.integer({ min: 1, max: 8 }), fc.boolean(), (facts, by, forward) => {
        const plan = forward ? examplePlan() : exampleReturn();
        fc.pre(runGates(plan, facts).outcome.kind !== 'pass');

        expect(runGates(plan, stricter(facts, by)).outcome.kind).not.toBe('pass');
      }),
      { numRuns: 200 },
    );
  });

  it.each(Object.entries(STRICTER).filter(([name]) => !/users|traffic|headroom|answer|approval/.test(name)))(
    '%s: the limit is one that bites on plans',
    (_name, stricter) => {
      const outcomes = [1, 20, 400].map((by) => runGates(examplePlan(), stricter(passingFacts(), by)).outcome.kind);

      expect(outcomes.at(-1)).not.toBe('pass');
    },
  );
});

describe('purity', () => {
  it('gives the same answer to the same question and leaves the question as it was', () => {
    fc.assert(
      fc.property(factsNearPassing, (facts) => {
        const plan = deepFrozen(examplePlan());
        const asked = deepFrozen(structuredClone(facts));

        const first = runGates(plan, asked);
        const second = runGates(structuredClone(plan), structuredClone(facts));

        expect(second).toEqual(first);
      }),
    );
  });

  it('generates facts that pass and facts that do not', () => {
    const outcomes = fc
      .sample(factsNearPassing, { numRuns: 300, seed: 7 })
      .map((facts) => runGates(examplePlan(), facts));

    expect(new Set(outcomes.map(({ outcome }) => outcome.kind))).toEqual(new Set(['pass', 'hold', 'deny']));
  });
});
