import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { cooldownGate } from './cooldown.ts';
import { examplePlan, known, NOW, passingFacts, unknown } from './facts-for-tests.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['an hour ago', {}, { verdict: 'pass', reason: 'ok' }],
  ['never', { cooldown: known({ lastActionAt: null, cooldownMs: 600_000 }) }, { verdict: 'pass', reason: 'ok' }],
  [
    'three minutes ago',
    { cooldown: known({ lastActionAt: NOW - 180_000, cooldownMs: 600_000 }) },
    { verdict: 'hold', reason: 'cooldown', until: NOW + 420_000, value: '3m ago', limit: '10m' },
  ],
  [
    'just over',
    { cooldown: known({ lastActionAt: NOW - 600_000, cooldownMs: 600_000 }) },
    { verdict: 'pass', reason: 'ok' },
  ],
  ['not known', { cooldown: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = cooldownGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
