import { describe, expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { Gate } from '../plugin/gate.ts';
import {
  examplePlan,
  exampleReturn,
  known,
  NOW,
  passingFacts,
  passingReturnFacts,
  unknown,
} from './facts-for-tests.ts';
import { GATES } from './index.ts';
import { runGates } from './run-gates.ts';

const cooling = { cooldown: known({ lastActionAt: NOW - 60_000, cooldownMs: 600_000 }) };

describe('the list', () => {
  it('has ids of its own, each with a summary and a direction', () => {
    const ids = GATES.map((gate) => gate.id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(GATES.filter((gate) => gate.summary === '' || gate.appliesTo.length === 0)).toEqual([]);
  });

  it('judges a return without mode, approval, cooldown, budgets, corroboration and freshness', () => {
    const judged = runGates(exampleReturn(), passingReturnFacts()).verdicts.map((verdict) => verdict.gate);

    expect(judged).toEqual([
      'freeze',
      'acting-allowed',
      'scope',
      'subject',
      'rollout-in-progress',
      'owner',
      'capacity-guard',
      'storm-breaker',
      'target-busy',
      'users-measured',
      'headroom',
    ]);
  });
});

describe('the outcome', () => {
  it('passes with everything that has to be reserved', () => {
    const { outcome, verdicts } = runGates(examplePlan(), passingFacts());

    expect(outcome).toMatchObject({ kind: 'pass' });
    expect(outcome.kind === 'pass' && outcome.reserve.map((item) => item.key)).toEqual([
      'subject:uid-orders',
      'budget:workload:uid-orders',
      'budget:namespace:shop',
      'budget:cluster',
      'budget:cause:connection-pool-waiting/uid-orders',
    ]);
    expect(verdicts).toHaveLength(GATES.length - 2);
  });

  it('passes a return with the subject alone reserved', () => {
    const { outcome } = runGates(exampleReturn(), passingReturnFacts({ mode: known('observe') }));

    expect(outcome).toEqual({ kind: 'pass', reserve: [{ kind: 'exclusive', key: 'subject:uid-orders' }] });
  });

  it('runs every gate, also after the first denial', () => {
    const { verdicts } = runGates(examplePlan(), passingFacts({ subject: known(null), ...cooling }));

    const against = verdicts.filter(({ verdict }) => verdict.verdict !== 'pass').map(({ gate }) => gate);
    expect(against).toEqual(['subject', 'cooldown']);
  });

  it.each<[string, Partial<GateFacts>, object]>([
    [
      'a denial goes before a hold and before the mode',
      { mode: known('observe'), owner: known({ kind: 'Flux', name: 'shop', advice: 'ask Git' }), ...cooling },
      { kind: 'deny', gate: 'owner', reason: 'owned-by-another', withheldOnlyByMode: false },
    ],
    [
      'the mode goes before a hold, and says that it is not alone',
      { mode: known('observe'), ...cooling },
      { kind: 'deny', gate: 'mode', reason: 'mode-observe', withheldOnlyByMode: false },
    ],
    [
      'the mode alone: it would have been done',
      { mode: known('suggest') },
      { kind: 'deny', gate: 'mode', reason: 'mode-suggest', withheldOnlyByMode: true },
    ],
    ['a hold with its end', cooling, { kind: 'hold', gate: 'cooldown', reason: 'cooldown', until: NOW + 540_000 }],
    [
      'two holds, one without an end',
      { ...cooling, busyWith: known('plan-2') },
      { kind: 'hold', gate: 'target-busy', reason: 'target-busy', until: null },
    ],
    [
      'waiting for a person names the outcome only when nothing else does',
      { ...cooling, mode: known('approve') },
      { kind: 'hold', gate: 'cooldown', reason: 'cooldown', until: NOW + 600_000 },
    ],
    [
      'waiting for a person',
      { mode: known('approve') },
      { kind: 'hold', gate: 'approval', reason: 'approval-awaited', until: NOW + 600_000 },
    ],
  ])('%s', (_name, changes, expected) => {
    const { outcome } = runGates(examplePlan(), passingFacts(changes));

    expect(outcome).toEqual(expected);
  });
});

describe('failing closed', () => {
  const passing: Gate = {
    id: 'passing',
    summary: 'passes',
    appliesTo: ['forward'],
    decide: () => ({ verdict: 'pass', reason: 'ok' }),
  };

  it('denies when a gate throws, and still runs the others', () => {
    const throwing: Gate = {
      ...passing,
      id: 'throwing',
      decide() {
        throw new Error('a defect');
      },
    };

    const { outcome, verdicts } = runGates(examplePlan(), passingFacts(), [throwing, passing]);

    expect(outcome).toMatchObject({ kind: 'deny', reason: 'gate-failed', gate: 'throwing', withheldOnlyByMode: false });
    expect(verdicts[0]?.verdict.value).toBe('a defect');
    expect(verdicts[1]?.verdict.verdict).toBe('pass');
  });

  it('denies when a gate answers with something else than a verdict', () => {
    const wrong = { ...passing, id: 'wrong', decide: () => ({ verdict: 'pass', reason: 'why not' }) };

    const { outcome } = runGates(examplePlan(), passingFacts(), [wrong as unknown as Gate]);

    expect(outcome).toMatchObject({ kind: 'deny', reason: 'gate-failed' });
  });

  it('denies facts that are no numbers', () => {
    const { outcome } = runGates(examplePlan(), passingFacts({ observedAt: known(Number.NaN) }));

    expect(outcome).toMatchObject({ kind: 'deny', reason: 'gate-failed' });
  });

  it('denies when no gate judges the direction', () => {
    const { outcome } = runGates(exampleReturn(), passingReturnFacts(), [passing]);

    expect(outcome).toMatchObject({ kind: 'deny', reason: 'gate-failed' });
  });

  it('holds by the mode gate when the mode is not known', () => {
    const { outcome } = runGates(examplePlan(), passingFacts({ mode: unknown() }));

    expect(outcome).toMatchObject({ kind: 'hold', gate: 'mode', reason: 'data-missing' });
  });
});
