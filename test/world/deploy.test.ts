import { expect, test } from 'vitest';
import { isRolledOut } from './deploy.ts';
import type { Deployment } from './kube/types.ts';

const complete = { observedGeneration: 4, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };

function deployment(status: Deployment['status']): Deployment {
  const base = { metadata: { name: 'orders', generation: 4 }, spec: { replicas: 3, selector: { matchLabels: {} } } };
  return status === undefined ? base : { ...base, status };
}

test.each([
  { status: complete, done: true },
  { status: undefined, done: false },
  { status: { ...complete, observedGeneration: 3 }, done: false },
  { status: { ...complete, replicas: 4 }, done: false },
  { status: { ...complete, updatedReplicas: 2 }, done: false },
  { status: { ...complete, availableReplicas: 2 }, done: false },
])('case %#: rolled out $done', ({ status, done }) => {
  expect(isRolledOut(deployment(status))).toBe(done);
});
