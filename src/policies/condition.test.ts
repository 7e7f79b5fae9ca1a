import { describe, expect, it } from 'vitest';
import { NO_RESOURCES } from '../ports/cluster.ts';
import { type ConditionInput, type ConditionResult, compileCondition } from './condition.ts';

const input: ConditionInput = {
  cause: {
    reason: 'connection-pool-waiting',
    confidence: 0.9,
    figures: { pending: 11, used: 4 },
    subject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' },
  },
  workload: {
    replicas: 3,
    labels: { tier: 'backend', 'app.kubernetes.io/name': 'orders' },
    annotations: {},
    containers: [{ name: 'app', image: 'orders:1', resources: NO_RESOURCES, env: {} }],
  },
};

function run(expression: string, changes: Partial<ConditionInput['workload']> = {}): ConditionResult {
  const compiled = compileCondition(expression);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.condition({ ...input, workload: { ...input.workload, ...changes } });
}

describe('a condition that holds', () => {
  it.each([
    'true',
    'cause.reason == "connection-pool-waiting" && cause.confidence > 0.5',
    'cause.figures.pending > 10',
    'cause.figures["pending"] >= 11.0',
    'has(cause.figures.pending) && !has(cause.figures.refused)',
    'subject.namespace == "shop" && subject.kind == "Deployment" && subject.name.startsWith("ord")',
    'workload.replicas < 4',
    'workload.labels.tier in ["backend", "frontend"]',
    'workload.labels["app.kubernetes.io/name"] == subject.name',
    '!("owner" in workload.annotations)',
    'workload.containers.exists(name, name == "app")',
  ])('%s', (expression) => {
    expect(run(expression)).toEqual({ holds: true });
  });
});

describe('a condition that does not hold', () => {
  it('says itself', () => {
    expect(run('workload.replicas > 10')).toEqual({
      holds: false,
      why: 'its condition does not hold: workload.replicas > 10',
    });
  });

  it.each([
    ['a label that is not there', 'workload.labels.owner != "x"', 'No such key: owner'],
    ['a figure that is not there', 'cause.figures.refused < 1', 'No such key: refused'],
    ['a name of every JavaScript object', 'workload.labels["constructor"] != "x"', 'No such key: constructor'],
  ])('fails closed on %s', (_name, expression, summary) => {
    expect(run(expression)).toEqual({ holds: false, why: `its condition failed (${summary}): ${expression}` });
  });

  it('fails closed on the replicas of a kind that has none', () => {
    expect(run('workload.replicas >= 0', { replicas: null })).toMatchObject({ holds: false });
  });
});

describe('a condition that is refused', () => {
  it.each([
    ['an unknown variable', 'workloads.replicas > 1', 1, 'Unknown variable: workloads'],
    ['an unknown field', 'subject.nam == "x"', 9, 'No such key: nam'],
    ['types that do not fit', 'cause.reason > 1', 1, 'no such overload: string > int'],
    ['text that is no expression', 'cause.confidence >', 19, 'Unexpected token'],
    ['no truth value', 'cause.confidence', 1, 'it gives double; a condition gives true or false'],
    ['a regular expression', 'true && subject.name.matches("(a+)+$")', 9, 'matches is not allowed'],
    ['a regular expression within a macro', '[1].all(x, subject.name.matches("a"))', 12, 'matches is not allowed'],
  ])('%s', (_name, expression, column, message) => {
    const compiled = compileCondition(expression);

    expect(compiled).toMatchObject({ ok: false, column, message: expect.stringContaining(message) });
  });

  it('too large to be read', () => {
    const compiled = compileCondition(Array.from({ length: 400 }, () => 'true').join(' && '));

    expect(compiled).toMatchObject({ ok: false });
  });

  it('names what may be named', () => {
    const compiled = compileCondition('nothing');

    expect(compiled).toMatchObject({ message: expect.stringContaining('cause.figures (by name), subject.namespace') });
  });
});
