import { expect, it } from 'vitest';
import type { LoadedPolicy } from '../domain/policy.ts';
import { parsePolicy } from './load-policies.ts';
import { matchPolicies } from './match-policies.ts';
import { POLICY_TEXT, remediations } from './remediations-for-tests.ts';

function policy(id: string, ...changes: readonly [string, string][]): LoadedPolicy {
  const text = changes.reduce((given, [from, to]) => given.replace(from, to), POLICY_TEXT.replace('scale-orders', id));
  const result = parsePolicy(`${id}.yaml`, text, remediations);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.loaded;
}

const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' };
const cause = { reason: 'connection-pool-waiting' as const, confidence: 0.9, figures: {}, subject };
const workload = { replicas: 3, labels: {}, annotations: {}, containers: [] };

it('keeps the order in which policies were loaded', () => {
  const policies = [policy('second-by-name'), policy('first-by-name', ['namespaces: [shop]\n', ''])];

  const { matched, notMatched } = matchPolicies(cause, workload, policies);

  expect(matched.map((loaded) => loaded.policy.id)).toEqual(['second-by-name', 'first-by-name']);
  expect(notMatched).toEqual([]);
});

it('says why a policy for the cause does not apply', () => {
  const policies = [
    policy('elsewhere', ['namespaces: [shop]', 'namespaces: [payments, billing]']),
    policy('surer', ['>= 0.6', '>= 0.95']),
    policy('labelled', ['cause.confidence >= 0.6', 'workload.labels.tier == "backend"']),
  ];

  const { matched, notMatched } = matchPolicies(cause, workload, policies);

  expect(matched).toEqual([]);
  expect(notMatched).toEqual([
    { policyId: 'elsewhere', why: 'namespace shop is not one of payments, billing' },
    { policyId: 'surer', why: 'its condition does not hold: cause.confidence >= 0.95' },
    { policyId: 'labelled', why: 'its condition failed (No such key: tier): workload.labels.tier == "backend"' },
  ]);
});

it('does not speak of policies for other causes', () => {
  const result = matchPolicies({ ...cause, reason: 'database-connections-exhausted' }, workload, [
    policy('scale-orders'),
  ]);

  expect(result).toEqual({ matched: [], notMatched: [] });
});

it('does not match a condition that cannot be read', () => {
  const loaded = policy('broken');
  const broken = { ...loaded, policy: { ...loaded.policy, when: 'cause.' } };

  const { matched, notMatched } = matchPolicies(cause, workload, [broken]);

  expect(matched).toEqual([]);
  expect(notMatched[0]?.why).toContain('its condition cannot be read');
});
