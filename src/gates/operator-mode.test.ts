import { expect, it } from 'vitest';
import type { Mode } from '../domain/mode.ts';
import type { LoweredAutonomy } from '../ports/store.ts';
import { type Autonomy, loweredCeiling, operatorCeiling } from './operator-mode.ts';

it.each<[string, Partial<Autonomy>, Mode, string]>([
  ['nothing written', {}, 'observe', 'autonomy.default'],
  ['the namespace', { namespaces: { shop: 'auto' } }, 'auto', 'autonomy.namespaces.shop'],
  ['another namespace', { namespaces: { other: 'auto' } }, 'observe', 'autonomy.default'],
  ['the policy alone does not raise the namespace', { policies: { scale: 'auto' } }, 'observe', 'autonomy.default'],
  [
    'the policy lowers the namespace',
    { namespaces: { shop: 'auto' }, policies: { scale: 'suggest' } },
    'suggest',
    'autonomy.policies.scale',
  ],
  [
    'a namespace below the default',
    { default: 'auto', namespaces: { shop: 'approve' } },
    'approve',
    'autonomy.namespaces.shop',
  ],
])('%s', (_name, autonomy, mode, source) => {
  const ceiling = operatorCeiling({ default: 'observe', namespaces: {}, policies: {}, ...autonomy }, 'scale', 'shop');

  expect(ceiling).toEqual({ mode, source });
});

it.each([
  ['constructor', 'shop'],
  ['scale', 'constructor'],
])('is not misled by policy %s in namespace %s', (policyId, namespace) => {
  const ceiling = operatorCeiling({ default: 'suggest', namespaces: {}, policies: {} }, policyId, namespace);

  expect(ceiling).toEqual({ mode: 'suggest', source: 'autonomy.default' });
});

it('falls back to the default where neither policy nor namespace is known', () => {
  const ceiling = operatorCeiling({ default: 'suggest', namespaces: { null: 'auto' }, policies: {} }, null, null);

  expect(ceiling).toEqual({ mode: 'suggest', source: 'autonomy.default' });
});

const lowered = (policyId: string, namespace: string, mode: Mode): LoweredAutonomy => ({
  policyId,
  namespace,
  mode,
  rulesHash: 'h',
  by: 'sam',
  reason: 'incident',
  at: 1,
});

it.each<[string, LoweredAutonomy[], Mode]>([
  ['nothing lowered', [], 'auto'],
  ['this policy here', [lowered('scale', 'shop', 'approve')], 'approve'],
  ['this policy everywhere', [lowered('scale', '*', 'suggest')], 'suggest'],
  ['all policies here', [lowered('*', 'shop', 'observe')], 'observe'],
  ['another policy', [lowered('restart', 'shop', 'observe')], 'auto'],
  ['another namespace', [lowered('scale', 'other', 'observe')], 'auto'],
  ['the lowest of several', [lowered('scale', 'shop', 'approve'), lowered('*', '*', 'suggest')], 'suggest'],
])('lowered: %s', (_name, entries, mode) => {
  const ceiling = loweredCeiling({ mode: 'auto', source: 'autonomy.default' }, entries, 'scale', 'shop');

  expect(ceiling.mode).toBe(mode);
});

it('never raises a ceiling', () => {
  const ceiling = loweredCeiling(
    { mode: 'observe', source: 'autonomy.default' },
    [lowered('scale', 'shop', 'auto')],
    'scale',
    'shop',
  );

  expect(ceiling).toEqual({ mode: 'observe', source: 'autonomy.default' });
});
